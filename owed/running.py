"""Run what a hint names: claim it, do it, settle it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from owed import crash, settling
from owed.claiming import Claimed, claim
from owed.outcomes import GiveUp, Later, LostLease
from owed.registry import Spec
from owed.scrubbing import describe, scrub
from owed.signals import effect_settled


@dataclass(frozen=True)
class Running:
    """The attempt whose body runs now. `key` is the same for every attempt: give it to the outside."""

    id: int
    attempt: int

    @property
    def key(self) -> str:
        return f"e{self.id}"


@dataclass
class Report:
    """How a hint's effects ended, for Celery to see."""

    done: list[int] = field(default_factory=list)
    waiting: list[tuple[int, str]] = field(default_factory=list)
    dead: list[tuple[int, str]] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    @property
    def claimed(self) -> int:
        return len(self.done) + len(self.waiting) + len(self.dead) + len(self.lost)


_current: ContextVar[Running | None] = ContextVar("effects_current", default=None)
TIMEOUTS = "SELECT set_config('statement_timeout', %s, true), set_config('idle_in_transaction_session_timeout', %s, true)"


def current() -> Running | None:
    """Return the attempt that is running on this thread; None in a batch and outside a worker."""
    return _current.get()


def run(spec: Spec, ids: Sequence[int], hint: UUID) -> Report:
    """Claim these effects and run those that nobody else took."""
    heal_connection()
    report = Report()
    claimed = claim(spec, ids, hint)
    if len(claimed) < 2 or not _together(spec, claimed, report):
        for each in claimed:
            _alone(spec, each, report)
    return report


def heal_connection() -> None:
    """Drop a connection that broke since its last use; the next statement opens a new one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _together(spec: Spec, claimed: list[Claimed], report: Report) -> bool:
    """Run a batch in one transaction. Return False where it failed and each must run alone."""
    if spec.batch == 1:
        return False
    began = time.monotonic()
    try:
        ours = _transaction(spec, claimed)
    except Exception:
        # Whatever it was, each effect runs alone next and settles with its own error.
        return False
    for each in claimed:
        _say(each, report, "done" if each in ours else "lost", "", began)
    return True


def _alone(spec: Spec, claimed: Claimed, report: Report) -> None:
    began = time.monotonic()
    try:
        with _as_current(claimed):
            kept = bool(_transaction(spec, [claimed])) if spec.kind == "atomic" else _outside(spec, claimed)
    except LostLease:
        kept = False
    except Exception as error:
        _say(claimed, report, *_settle(claimed, error), began)
        return
    _say(claimed, report, "done" if kept else "lost", "", began)


def _transaction(spec: Spec, claimed: list[Claimed]) -> list[Claimed]:
    """Do the work and mark it done in one transaction. Return what was still ours."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            limit = f"{int(spec.timeout * 1000)}ms"
            cursor.execute(TIMEOUTS, [limit, limit])
        ours = settling.lock(claimed)
        if ours:
            _call(spec, ours)
            crash.point("after-body")
            settling.finish(ours)
            crash.point("before-finish-commit")
    crash.point("after-finish-commit")
    return ours


def _outside(spec: Spec, claimed: Claimed) -> bool:
    """Do the work with no transaction open, then mark it done, on another connection if that one broke meanwhile."""
    spec.function(**claimed.args)
    crash.point("after-body")
    heal_connection()
    settling.finish([claimed])
    crash.point("after-finish-commit")
    return True


def _call(spec: Spec, claimed: list[Claimed]) -> None:
    if spec.batch == 1:
        spec.function(**claimed[0].args)
        return
    plural = spec.parameters[0]
    subjects = dict.fromkeys(each.args[plural.removesuffix("s")] for each in claimed)
    spec.function(**{plural: list(subjects)})


def _settle(claimed: Claimed, error: Exception) -> tuple[str, str]:
    """Write what the error means for the effect. Return the outcome and why."""
    heal_connection()
    why = describe(error)
    if isinstance(error, Later):
        ours = settling.postpone(claimed, error.when, error.why, planned=error.planned)
        return _if_ours(ours, "later", scrub(error.why))
    if isinstance(error, GiveUp):
        return _if_ours(settling.bury(claimed, "gave up", str(error)), "dead", scrub(str(error)))
    if claimed.attempt >= claimed.max_attempts:
        return _if_ours(settling.bury(claimed, "out of tries", why), "dead", why)
    return _if_ours(settling.retry(claimed, why), "retry", why)


def _if_ours(kept: bool, outcome: str, why: str) -> tuple[str, str]:
    return (outcome, why) if kept else ("lost", "")


def _say(claimed: Claimed, report: Report, outcome: str, why: str, began: float) -> None:
    add: dict[str, Callable[[], None]] = {
        "done": lambda: report.done.append(claimed.id),
        "retry": lambda: report.waiting.append((claimed.id, why)),
        "later": lambda: report.waiting.append((claimed.id, why)),
        "dead": lambda: report.dead.append((claimed.id, why)),
        "lost": lambda: report.lost.append(claimed.id),
    }
    add[outcome]()
    effect_settled.send(sender=Claimed, effect=claimed, outcome=outcome, why=why, seconds=time.monotonic() - began)


@contextmanager
def _as_current(claimed: Claimed) -> Iterator[None]:
    token = _current.set(Running(claimed.id, claimed.attempt))
    try:
        yield
    finally:
        _current.reset(token)
