"""How public pages are answered: one version for everybody, and nothing again when nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django_htmx.middleware import HtmxDetails

LOOK = Path(__file__).parent


class ReaderRequest(HttpRequest):
    """A request that the middleware has looked at."""

    htmx: HtmxDetails


def public(request: HttpRequest, facts: tuple[object, ...], page: Callable[[], HttpResponse]) -> HttpResponseBase:
    """Answer with the page, or with 304 to an anonymous reader who has it. `facts` change whenever the page does."""
    if request.user.is_authenticated or len(get_messages(request)):
        return private(page())
    tag = etag(request, facts)
    response = get_conditional_response(request, etag=tag) or page()
    response["ETag"] = tag
    patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
    patch_vary_headers(response, ["Cookie"])
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Keep the answer out of every cache."""
    patch_cache_control(response, private=True, no_store=True)
    return response


def etag(request: HttpRequest, facts: tuple[object, ...]) -> str:
    """Return a weak tag: compression may change the bytes on the way."""
    text = repr((look(), request.get_host(), request.get_full_path(), facts))
    return f'W/"{sha256(text.encode()).hexdigest()[:32]}"'


@cache
def look() -> str:
    """Return a name for the templates and styles of this release."""
    digest = sha256()
    for folder in ("templates", "static", "templatetags"):
        for path in sorted((LOOK / folder).rglob("*.*")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
