"""A shared cache keeps only what a view calls public: never a cookie, or a form's token."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]
KEPT_BY_NATURE = (301, 308)


def private_pages(get_response: GetResponse) -> GetResponse:
    """Middleware: say `private` of every answer with a cookie, and of every other that says nothing itself."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.cookies:
            patch_cache_control(response, private=True)
            patch_vary_headers(response, ["Cookie"])
        elif "Cache-Control" not in response and response.status_code not in KEPT_BY_NATURE:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer
