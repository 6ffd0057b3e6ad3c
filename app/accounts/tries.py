"""How often the same sender may try, counted in the cache: with the cache away, nobody is held up."""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

MINUTE = 60
PER_NAME, PER_ADDRESS = 10, 60
TOO_MANY = "Too many tries. Wait a minute."


def may_sign_in(request: HttpRequest, name: str, *, known: str = "") -> bool:
    """Count one guess at the password of a name. `known` names a browser in which its owner was before.

    That one is counted apart: whoever goes on guessing from elsewhere does not keep the owner out.
    """
    if known:
        return may_try("sign-in.known", known, per_minute=PER_NAME)
    sender = may_try("sign-in.address", address(request), per_minute=PER_ADDRESS)
    return sender and may_try("sign-in.name", name.lower(), per_minute=PER_NAME)


def may_try(action: str, who: str, *, per_minute: int) -> bool:
    """Count one try. Return whether it is within the limit. What `who` is stays out of the cache: it may be an address."""
    key = f"tries.{action}.{sha256(who.encode(errors='surrogatepass')).hexdigest()[:32]}"
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) <= per_minute
    except ValueError:
        return True


def address(request: HttpRequest) -> str:
    """Return the address that the connection comes from. X-Forwarded-For is not believed: anybody can write it."""
    return str(request.META.get("REMOTE_ADDR", ""))
