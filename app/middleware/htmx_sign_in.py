"""What happens to a fragment that htmx asks for after the session has ended."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

Answer = Callable[[HttpRequest], HttpResponse]


def whole_page(get_response: Answer) -> Answer:
    """Send the browser to the sign-in page, and back to the page it is on.

    htmx follows a redirect by itself: the sign-in page would appear inside the article.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        if not htmx or not _leads_to_sign_in(response):
            return response
        back = urlencode({"next": htmx.current_url_abs_path or "/"})
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{back}")

    return answer


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)
