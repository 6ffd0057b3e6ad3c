"""Who a request comes from, where proxies stand before the site."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


def client_address(get_response: Answer) -> Answer:
    """Take REMOTE_ADDR from X-Forwarded-For: the entry that the outermost of our proxies wrote.

    TRUSTED_PROXIES says how many there are. What is left of that entry the client may have written itself.
    """
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        raise MiddlewareNotUsed

    def answer(request: HttpRequest) -> HttpResponse:
        request.META["REMOTE_ADDR"] = _named(request, proxies) or request.META.get("REMOTE_ADDR", "")
        return get_response(request)

    return answer


def _named(request: HttpRequest, proxies: int) -> str:
    """Return the address, empty where the header is too short or names none."""
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(entries) < proxies:
        return ""
    try:
        return str(ip_address(entries[-proxies].strip()))
    except ValueError:
        return ""
