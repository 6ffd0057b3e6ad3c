"""Old addresses, of imported posts, of categories and tags, or as an editor listed them: who asks for one is sent on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from app.blog.models import Page, Redirect
from app.blog.models.redirect import old_path
from app.site.models import SiteRedirect, tidy_path
from app.team import topics

GetResponse = Callable[[HttpRequest], HttpResponse]


def old_addresses(get_response: GetResponse) -> GetResponse:
    """Middleware: redirect where a page is missing, but an editor or an imported post named that address.

    Pages of this site win: only what would be 404 is looked up, and `/?p=12`, WordPress' address of a post by number.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        numbered = request.path == "/" and "p" in request.GET
        response = None if numbered else get_response(request)
        if numbered or (response is not None and response.status_code == 404):
            response = _moved(request) or response
        return response if response is not None else get_response(request)

    return respond


def _moved(request: HttpRequest) -> HttpResponse | None:
    return _listed(request) or _imported(request) or _page(request)


def _page(request: HttpRequest) -> HttpResponse | None:
    """Lead from `/about` to the page at `/about/`."""
    slug = request.path.strip("/")
    if request.path.endswith("/") or "/" in slug or request.method not in {"GET", "HEAD"}:
        return None
    found = Page.objects.public().filter(slug=slug).first()
    return redirect(found.get_absolute_url(), permanent=True) if found else None


def _listed(request: HttpRequest) -> HttpResponse | None:
    """Follow an editor's redirect: the one for the whole address, else the one for its path."""
    if request.method not in {"GET", "HEAD"}:
        return None
    whole = tidy_path(request.get_full_path())
    found = {each.path: each for each in SiteRedirect.objects.filter(path__in=[whole, tidy_path(request.path)])}
    chosen = found.get(whole) or next(iter(found.values()), None)
    return redirect(chosen.target, permanent=chosen.is_permanent) if chosen else None


def _imported(request: HttpRequest) -> HttpResponse | None:
    path = old_path(request.get_full_path()) if request.method in {"GET", "HEAD"} else ""
    if path and (now := topics.moved(request.path)):
        return redirect(now, permanent=True)
    found = Redirect.objects.public().filter(path=path).select_related("post").first() if path else None
    return redirect(found.post, permanent=True) if found else None
