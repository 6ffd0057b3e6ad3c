"""How public pages are answered: one version for everybody, and nothing again when nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

import app.site
from app.pagecache.pages import cached
from app.site.current import site

Shelf = tuple[str, str]  # a family of keys and its scope

ROOMS = [Path(__file__).parent, Path(app.site.__file__).parent]  # whose templates and styles make a page


class ReaderRequest(HttpRequest):
    """A request that the middleware has looked at."""

    htmx: HtmxDetails


def public(
    request: HttpRequest, facts: tuple[object, ...], page: Callable[[], HttpResponse], *, shelf: Shelf | None = None
) -> HttpResponseBase:
    """Answer with the page, or with 304 to an anonymous reader who has it. `facts` change whenever the page does.

    On a shelf of the cache the page is kept under its facts, so that it is rendered once for all strangers.
    """
    code = site().code
    request.carries_code = bool(code.markup)  # type: ignore[attr-defined]
    response = _answered(request, facts, page, shelf)
    if code.policy:
        response._csp_update = code.policy  # type: ignore[attr-defined]
    return response


def _answered(
    request: HttpRequest, facts: tuple[object, ...], page: Callable[[], HttpResponse], shelf: Shelf | None
) -> HttpResponseBase:
    if request.user.is_authenticated or len(get_messages(request)):
        return private(page())
    name = digest(request, facts)
    tag = f'W/"{name}"'  # weak: compression may change the bytes on the way
    response = get_conditional_response(request, etag=tag) or (_kept(shelf, name, page) if shelf else page())
    response["ETag"] = tag
    patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
    patch_vary_headers(response, ["Cookie"])
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Keep the answer out of every cache."""
    patch_cache_control(response, private=True, no_store=True)
    return response


def digest(request: HttpRequest, facts: tuple[object, ...]) -> str:
    """Return a name for what the reader sees: other facts, another place or another release give another one."""
    # The language that this request speaks: it may be the one before the last change of the settings.
    text = repr((look(), site().version, get_language(), settings.SITE_URL, request.path, facts))
    return sha256(text.encode()).hexdigest()[:32]


@cache
def look() -> str:
    """Return a name for the templates and styles of this release."""
    digest = sha256()
    for folder in (room / name for room in ROOMS for name in ("templates", "static", "templatetags")):
        for path in sorted(folder.rglob("*.*")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _kept(shelf: Shelf, name: str, page: Callable[[], HttpResponse]) -> HttpResponse:
    content, kind = cached(*shelf, name, lambda: _parts(page()))
    return HttpResponse(content, content_type=kind)


def _parts(response: HttpResponse) -> tuple[bytes, str]:
    return response.content, response["Content-Type"]
