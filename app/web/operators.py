"""What only operators may see without signing in: monitoring asks with a token."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare


def is_operator(request: HttpRequest) -> bool:
    """Return whether METRICS_TOKEN came along as a bearer token. On a machine of your own (DEBUG) everyone may look."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token: str = settings.METRICS_TOKEN
    right = bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)
    return settings.DEBUG or right
