"""The studio, and the pages of an account, speak the language that the person chose."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from app.site.speaking import speaking

GetResponse = Callable[[HttpRequest], HttpResponse]
# Readers' pages are always in the language of the publication.
OWN = ("/studio/", "/account/", "/admin/")


def own_language(get_response: GetResponse) -> GetResponse:
    """Middleware: after the session's, which says who it is."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(OWN) or not request.user.is_authenticated or not request.user.language:
            return get_response(request)
        with speaking(request.user.language):
            return get_response(request)

    return respond
