"""Which effect of a batch owes what the body of all of them owes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .claiming import Claimed

_batch: ContextVar[Sequence[Claimed]] = ContextVar("owed_batch", default=())


@contextmanager
def of_batch(claimed: Sequence[Claimed]) -> Iterator[None]:
    """Let what is owed in the block say that these owed it."""
    token = _batch.set(claimed)
    try:
        yield
    finally:
        _batch.reset(token)


def in_batch(about: str) -> int | None:
    """Return the effect of the batch about the same subject, or else its first; None outside a batch."""
    batch = _batch.get()
    same = (each.id for each in batch if about and each.about == about)
    return next(same, batch[0].id if batch else None)
