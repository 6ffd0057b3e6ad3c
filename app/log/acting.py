"""Who acts now: the person whose request this is, or a command. A worker does what follows, which has its entry already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

SITE, API, ADMIN, COMMAND = "site", "api", "admin", "command"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person, by id, and through which face; of a command only the face is known."""

    user_id: int | None
    via: str


_current: ContextVar[Callable[[], Actor | None] | None] = ContextVar("log_actor", default=None)


def actor() -> Actor | None:
    """Return who acts now. None in a worker, and for a guest."""
    find = _current.get()
    return find() if find else None


def of_request(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: whatever is changed while the request is answered, its sender did. Nothing is looked up until it is noted."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        token = _current.set(lambda: _sender(request))
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return answer


@contextmanager
def acting(user_id: int | None, via: str) -> Iterator[None]:
    """Note what is changed inside as done by this person, or by a command."""
    token = _current.set(lambda: Actor(user_id=user_id, via=via))
    try:
        yield
    finally:
        _current.reset(token)


def _sender(request: HttpRequest) -> Actor | None:
    by_token = getattr(request, "auth", None)  # a program's; the API looks at no session
    user = by_token or getattr(request, "user", None)
    if user is None or user.pk is None:
        return None
    in_admin = request.path.startswith("/admin/")
    return Actor(user_id=user.pk, via=API if by_token else ADMIN if in_admin else SITE)
