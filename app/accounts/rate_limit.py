"""How often the same sender may try, counted in the cache: without the cache nothing is limited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

MINUTE = 60
PER_NAME, PER_ADDRESS = 10, 60
# Each of these forms writes to a stranger, or to an author's inbox.
PER_SENDER = 30
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
    return [("sign-in.address", sender(request), PER_ADDRESS), ("sign-in.name", name.lower(), PER_NAME)]


def may_try(action: str, who: str, *, per_minute: int) -> bool:
    """Count one attempt. Return whether it is within the limit."""
    key = _key(action, who)
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) <= per_minute
    except ValueError:
        return True


@contextmanager
def alone(action: str, who: str, *, places: int = 1) -> Iterator[bool]:
    """Yield whether fewer than so many of this sender are under way: one cannot keep every thread of the site busy."""
    keys = [f"alone.{_key(f'{action}.{place}', who)}" for place in range(places)]
    mine = next((key for key in keys if cache.add(key, 1, MINUTE)), None)
    try:
        yield mine is not None or cache.get(keys[0]) is None  # without the cache nothing is limited
    finally:
        if mine is not None:
            cache.delete(mine)


def may_send(form: BaseForm, request: HttpRequest, action: str, *, per_minute: int = PER_SENDER) -> bool:
    """Count one valid form of a sender. Return whether it is within the limit; where it is not, the form says so."""
    if may_try(action, sender(request), per_minute=per_minute):
        return True
    form.add_error(None, too_many())
    return False


def too_many() -> ValidationError:
    return ValidationError(TOO_MANY, code="too_many")


def refused(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """Say with the status, too, that a form was not accepted: 429 with Retry-After beyond a limit, else 422."""
    response.status_code = 422
    if any(form.has_error(field, "too_many") for field in form.errors):
        response.status_code = 429
        response["Retry-After"] = str(MINUTE)
    return response


def _key(action: str, who: str) -> str:
    """Return the cache key of a count. `who` is hashed: it may be an address."""
    return f"tries.{action}.{sha256(who.encode(errors='surrogatepass')).hexdigest()[:32]}"


def sender(request: HttpRequest) -> str:
    """Return who is counted. An IPv6 connection comes with 2^64 addresses, which count as one.

    An IPv4 address that is written as IPv6 (::ffff:192.0.2.1) is the same sender.
    """
    try:
        known = ip_address(address(request))
    except ValueError:
        return address(request)
    known = getattr(known, "ipv4_mapped", None) or known
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)


def address(request: HttpRequest) -> str:
    """Return where the request comes from. X-Forwarded-For is believed only as far as our own proxies wrote it."""
    return str(request.META.get("REMOTE_ADDR", ""))
