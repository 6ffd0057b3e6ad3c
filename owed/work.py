"""A hint at work: what it names and no one has claimed, and what was claimed with the end of the effect before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from . import settling
from .claiming import Claimed, claim, finish_and_claim, still_ready
from .connections import again_if_broken
from .declaration import SLICE, Declaration
from .outcomes import LostLease


class Work:
    """Claims a hint's effects for SLICE seconds: a batch at a time, or singly, each with the commit that ends the one before.

    At most one effect, or one batch, is claimed and not finished: a worker that dies counts as a try of no other.
    """

    def __init__(self, effect: Declaration[Any], ids: Sequence[int], hint: UUID, until: float | None = None) -> None:
        self.effect = effect
        self.hint = hint
        self.rest = list(ids)
        self._until = time.monotonic() + SLICE if until is None else until
        self._ahead: list[Claimed] = []
        self._uncommitted: list[Claimed] = []
        # A key is claimed in its turn, and a limit asked before. What a caller's transaction takes back is not claimed.
        self._chains = effect.batch == 1 and not (effect.key or effect.limits or connection.in_atomic_block)

    def take(self) -> list[Claimed]:
        """Claim the next batch, or the next one. Return nothing where nothing is left, or the time is over."""
        taken, self._ahead = self._ahead, []
        while not taken and self._goes_on():
            ids, self.rest = self.rest[: self.effect.batch], self.rest[self.effect.batch :]
            taken = claim(self.effect, ids, self.hint)
            # A hint that came twice: one question, instead of an empty claim of each.
            if not taken and len(self.rest) > 1:
                self.rest = still_ready(self.rest)
        return taken

    def begin(self) -> None:
        """Let the transaction that is open, and then ends an effect, say when what it claimed besides is ours."""
        self._uncommitted = []
        if self._chains:
            # Before the body's own: an error of one of those keeps the later ones from running.
            transaction.on_commit(self._committed)

    def finish(self, claimed: Claimed) -> None:
        """Mark it done, and claim the next with the same commit. Raises LostLease."""
        if not self._chains or not self._goes_on():
            settling.finish([claimed])
            return
        ours, self._uncommitted = finish_and_claim(self.effect, claimed, self.rest[0], self.hint)
        if not connection.in_atomic_block:
            self._committed()
        if not ours:
            raise LostLease(f"{claimed.task}: taken over")

    def finish_outside(self, claimed: Claimed) -> None:
        """The same of an external effect, on a new connection where this one broke: its call must not be repeated for that."""
        again_if_broken(lambda: self.finish(claimed), lambda: settling.finish_unless_done(claimed))

    def _goes_on(self) -> bool:
        return bool(self.rest) and time.monotonic() < self._until

    def _committed(self) -> None:
        self._ahead, self._uncommitted = self._uncommitted, []
        if self._ahead:
            del self.rest[0]
