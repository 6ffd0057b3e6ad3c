"""How often the same sender may try, counted in the cache: without the cache nothing is limited."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

MINUTE = 60
PER_NAME, PER_ADDRESS = 10, 60
TOO_MANY = gettext_lazy("Too many attempts. Wait a minute and try again.")


def may_sign_in(request: HttpRequest, name: str, *, known: str = "") -> bool:
    """Count one guess at the password of a name. `known` names a browser in which its owner was before.

    That one is counted apart: someone who keeps guessing from elsewhere does not lock the owner out.
    """
    return all(may_try(action, who, per_minute=limit) for action, who, limit in _guesses(request, name, known))


def signed_in(request: HttpRequest, name: str, *, known: str = "") -> None:
    """Undo the count after a successful sign-in, so that signing in often is not limited."""
    for action, who, _ in _guesses(request, name, known):
        with suppress(ValueError):
            cache.decr(_key(action, who))


def _guesses(request: HttpRequest, name: str, known: str) -> list[tuple[str, str, int]]:
    if known:
        return [("sign-in.known", known, PER_NAME)]
    return [("sign-in.address", address(request), PER_ADDRESS), ("sign-in.name", name.lower(), PER_NAME)]


def may_try(action: str, who: str, *, per_minute: int) -> bool:
    """Count one attempt. Return whether it is within the limit."""
    key = _key(action, who)
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) <= per_minute
    except ValueError:
        return True


def _key(action: str, who: str) -> str:
    """Return the cache key of a count. `who` is hashed: it may be an address."""
    return f"tries.{action}.{sha256(who.encode(errors='surrogatepass')).hexdigest()[:32]}"


def address(request: HttpRequest) -> str:
    """Return where the request comes from. X-Forwarded-For is believed only as far as our own proxies wrote it."""
    return str(request.META.get("REMOTE_ADDR", ""))
