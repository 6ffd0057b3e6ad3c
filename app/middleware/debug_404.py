"""What a visitor gets for an address that leads nowhere, while DEBUG is on."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

Answer = Callable[[HttpRequest], HttpResponse]


def own_page(get_response: Answer) -> Answer:
    """Show the publication's page, as with DEBUG off, in place of Django's list of URL patterns."""
    if not settings.DEBUG:
        raise MiddlewareNotUsed

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 404 and response.headers.get("Content-Type", "").startswith("text/html"):
            return page_not_found(request, LookupError())
        return response

    return answer
