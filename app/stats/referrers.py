"""Which site sent a reader. Only the host is kept: the rest of the address may say who they are or what they searched for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")


def referrer(request: HttpRequest) -> str:
    """Return the host of the site that linked here, without "www."; nothing for our own pages, IP addresses and nonsense."""
    host = _host(request.headers.get("Referer", ""))
    ours = {_host(settings.SITE_URL), _host(f"//{request.META.get('HTTP_HOST', '')}")}
    return host if HOST.fullmatch(host) and host not in ours else ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return ""
