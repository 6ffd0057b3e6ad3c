"""Old addresses of imported posts, and of categories and tags: who asks for one is sent to where it is now."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from app.blog.models import Redirect
from app.blog.models.redirect import old_path
from app.team import topics

GetResponse = Callable[[HttpRequest], HttpResponse]


def old_addresses(get_response: GetResponse) -> GetResponse:
    """Middleware: answer 301 where a page is missing, but an imported post had that address on its old site.

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
    path = old_path(request.get_full_path()) if request.method in {"GET", "HEAD"} else ""
    if path and (now := topics.moved(request.path)):
        return redirect(now, permanent=True)
    found = Redirect.objects.public().filter(path=path).select_related("post").first() if path else None
    return redirect(found.post, permanent=True) if found else None
