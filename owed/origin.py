"""What began a chain of effects: the request, the schedule or the command during which the first was owed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SIZE = 100

_origin: ContextVar[str] = ContextVar("owed_origin", default="")


def current() -> str:
    """Return what was said last; empty where nothing was, as in a worker: an effect passes on its own."""
    return _origin.get()


@contextmanager
def said(name: str) -> Iterator[None]:
    """Let what is owed in the block say that this began it, such as "request:4f9c" or "schedule:report"."""
    token = _origin.set(name[:SIZE])
    try:
        yield
    finally:
        _origin.reset(token)
