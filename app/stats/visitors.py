"""Count visitors once a day without storing their address."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import date
from hashlib import sha256

from django.http import HttpRequest

from app.stats.models import Salt

BOT = re.compile(r"bot|crawl|spider|slurp|preview|fetch|monitor|curl|wget|python|headless|feed|scan|http", re.IGNORECASE)
_salts: dict[date, bytes] = {}


def is_reader(request: HttpRequest) -> bool:
    """Return whether a person asked for the page to read it: not a bot, a prefetch or a HEAD."""
    headers = request.headers
    purpose = headers.get("Sec-Purpose", "") + headers.get("Purpose", "") + headers.get("X-Moz", "")
    agent = headers.get("User-Agent", "")
    return request.method == "GET" and "prefetch" not in purpose and bool(agent) and not BOT.search(agent)


def digest(request: HttpRequest, day: date) -> bytes:
    """Return 16 bytes that are the same for a visitor all day, and worthless on the next."""
    user = request.user.pk if request.user.is_authenticated else ""
    who = f"{user}|{request.META.get('REMOTE_ADDR', '')}|{request.headers.get('User-Agent', '')}"
    return hmac.new(_salt(day), who.encode(), sha256).digest()[:16]


def _salt(day: date) -> bytes:
    if day not in _salts:
        row, _ = Salt.objects.get_or_create(day=day, defaults={"value": secrets.token_bytes(32)})
        _salts.clear()
        _salts[day] = bytes(row.value)
    return _salts[day]


def forget_salts(before: date) -> int:
    """Remove the salts of past days. Return how many went."""
    removed, _ = Salt.objects.filter(day__lt=before).delete()
    return removed
