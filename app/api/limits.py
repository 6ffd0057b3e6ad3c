"""How often the same sender may try, counted in the cache: with the cache away, nobody is held up."""

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

from app.api.errors import TooMany

MINUTE = 60


def limit(action: str, who: str, *, per_minute: int) -> None:
    """Count one try. Raises TooMany beyond the limit. What `who` is stays out of the cache: it may be an address."""
    key = f"api.limit.{action}.{sha256(who.encode(errors='surrogatepass')).hexdigest()[:32]}"
    cache.add(key, 0, MINUTE)
    try:
        tries = cache.incr(key)
    except ValueError:
        return
    if tries > per_minute:
        raise TooMany("Too many tries. Wait a minute.")


def address(request: HttpRequest) -> str:
    """Return the address that the connection comes from. X-Forwarded-For is not believed: anybody can write it."""
    return str(request.META.get("REMOTE_ADDR", ""))
