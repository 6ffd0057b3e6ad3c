"""How often the same sender may try, counted in the cache: without the cache nothing is limited."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

MINUTE = 60
PER_NAME, PER_ADDRESS = 10, 60
TOO_MANY = "Too many tries. Wait a minute."


def may_sign_in(request: HttpRequest, name: str, *, known: str = "") -> bool:
    """Count one guess at the password of a name. `known` names a browser in which its owner was before.

    That one is counted apart: someone who keeps guessing from elsewhere does not lock the owner out.
    """
    return all(may_try(action, who, per_minute=limit) for action, who, limit in _guesses(request, name, known))


def signed_in(request: HttpRequest, name: str, *, known: str = "") -> None:
    """Take the guess back: it was none. Who signs in often is not held up."""
    for action, who, _ in _guesses(request, name, known):
        with suppress(ValueError):
            cache.decr(_key(action, who))


def _guesses(request: HttpRequest, name: str, known: str) -> list[tuple[str, str, int]]:
    if known:
        return [("sign-in.known", known, PER_NAME)]
    return [("sign-in.address", address(request), PER_ADDRESS), ("sign-in.name", name.lower(), PER_NAME)]


def may_try(action: str, who: str, *, per_minute: int) -> bool:
    """Count one try. Return whether it is within the limit."""
    key = _key(action, who)
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) <= per_minute
    except ValueError:
        return True


def _key(action: str, who: str) -> str:
    """Return where tries are counted. What `who` is stays out of the cache: it may be an address."""
    return f"tries.{action}.{sha256(who.encode(errors='surrogatepass')).hexdigest()[:32]}"


def address(request: HttpRequest) -> str:
    """Return where the request comes from. X-Forwarded-For is believed only as far as our own proxies wrote it."""
    return str(request.META.get("REMOTE_ADDR", ""))
