"""How an effect can end besides by returning, and how recording can be refused."""

from __future__ import annotations

from datetime import datetime, timedelta


class Later(Exception):
    """Not a failure: run the effect again then. Takes a delay, or a moment with a zone, and a reason.

    `planned`: it is not due before then, so that waiting counts as no delay.
    """

    def __init__(self, when: timedelta | datetime, why: str = "", *, planned: bool = False) -> None:
        super().__init__(why)
        self.when = when
        self.why = why
        self.planned = planned


class GiveUp(Exception):
    """No further try can help: the effect is dead at once, with this reason."""


class LostLease(Exception):
    """Another attempt owns the effect now; nothing that this one did in the database is kept."""


class NotInTransaction(RuntimeError):
    """record() was called outside a transaction: open one around the change that owes the effect."""


class UnknownEffect(LookupError):
    """No task of this name is registered in this process."""


class BadArguments(TypeError):
    """The effect's function does not take these arguments, or they are more than ids and small scalars."""
