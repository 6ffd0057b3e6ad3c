"""Run what a hint names: claim it, do it, settle it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from . import attempts, causes, crash, dead_letters, origin, registry, retry, settling, sql
from .claiming import Claimed
from .connections import heal_connection, in_use
from .declaration import Declaration
from .outcomes import GiveUp, Later, LostLease
from .scrubbing import describe, scrub
from .signals import effect_settled, effects_done
from .tracing import tracer
from .waker import waker
from .work import Work

logger = logging.getLogger("owed")


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
    tracebacks: dict[int, str] = field(default_factory=dict)
    """Of those that wait or are dead after an error, by id."""

    @property
    def claimed(self) -> int:
        return len(self.done) + len(self.waiting) + len(self.dead) + len(self.lost)


_current: ContextVar[Running | None] = ContextVar("effects_current", default=None)
TIMEOUTS = "SELECT set_config('statement_timeout', %s, true), set_config('idle_in_transaction_session_timeout', %s, true)"


def current() -> Running | None:
    """Return the attempt that is running on this thread; None in a batch and outside a worker."""
    return _current.get()


def run(effect: Declaration[Any], ids: Sequence[int], hint: UUID, *, until: float | None = None) -> Report:
    """Claim these effects and run those that no other worker took, one or a batch at a time.

    Nothing new is taken after SLICE, or `until` (a time of time.monotonic): the rest, of which nothing is claimed, is rung
    again for any worker. Raises UnknownEffect, having claimed none.
    """
    # Ask before claiming: a process without the body must leave the effects to one that has it.
    registry.body(effect)
    heal_connection()
    report, work = Report(), Work(effect, ids, hint, until)
    try:
        while claimed := work.take():
            if len(claimed) == 1 or not _together(work, claimed, report):
                for each in claimed:
                    _alone(work, each, report)
    finally:
        waker.wake([(effect.name, pk) for pk in work.rest])
    in_use()
    return report


def _together(work: Work, claimed: list[Claimed], report: Report) -> bool:
    """Run a batch in one transaction. Return False where it failed and each must run alone."""
    began = time.monotonic()
    try:
        with causes.of_batch(claimed), tracer.span(claimed):
            ours = _transaction(work, claimed)
    except Exception as error:
        # Whatever it was, each effect runs alone next and settles with its own error: this one may be the batch's alone.
        facts = {"task": work.effect.name, "effects": [each.id for each in claimed], "why": describe(error)}
        logger.warning("batch failed, each runs alone", extra={**facts, "traceback": attempts.traceback_of(error)})
        return False
    report.done += [each.id for each in ours]
    if ours:
        effects_done.send(sender=Claimed, effects=ours, seconds=time.monotonic() - began)
    kept = {each.id for each in ours}
    for each in claimed:
        if each.id not in kept:
            _say(each, report, "lost", "", began)
    return True


def _alone(work: Work, claimed: Claimed, report: Report) -> None:
    began = time.monotonic()
    try:
        with _as_current(claimed):
            kept = bool(_transaction(work, [claimed])) if work.effect.kind == "atomic" else _outside(work, claimed)
    except LostLease:
        kept = False
    except Exception as error:
        outcome, why, traceback = _settle(claimed, error, time.monotonic() - began)
        _say(claimed, report, outcome, why, began, error, traceback)
        return
    _say(claimed, report, "done" if kept else "lost", "", began)


def _transaction(work: Work, claimed: list[Claimed]) -> list[Claimed]:
    """Do the work and mark it done in one transaction. Return what was still ours."""
    with transaction.atomic():
        work.begin()
        limit = f"{int(work.effect.timeout * 1000)}ms"
        # The server ends what Celery cannot: a body that hangs in a query does not see its soft time limit.
        sql.rows(TIMEOUTS, [limit, limit])
        # Locked before the body runs: a second worker that took an expired lease would do the work beside this one.
        ours = settling.lock(claimed)
        if ours:
            _call(work.effect, ours)
            crash.point("after-body")
            if len(ours) == 1:
                work.finish(ours[0])
            else:
                settling.finish(ours)
            crash.point("before-finish-commit")
    crash.point("after-finish-commit")
    return ours


def _outside(work: Work, claimed: Claimed) -> bool:
    """Do the work with no transaction open, then mark it done, on another connection if that one broke meanwhile."""
    registry.body(work.effect)(**claimed.args)
    crash.point("after-body")
    work.finish_outside(claimed)
    crash.point("after-finish-commit")
    return True


def _call(effect: Declaration[Any], claimed: list[Claimed]) -> None:
    body = registry.body(effect)
    if effect.batch == 1:
        body(**claimed[0].args)
        return
    [subject] = effect.parameters
    # Two rows may owe the same subject: it is done once, and both rows are done.
    body(list(dict.fromkeys(each.args[subject] for each in claimed)))


def _settle(claimed: Claimed, error: Exception, seconds: float) -> tuple[str, str, str]:
    """Write what the error means for the effect. Return the outcome, why, and the traceback."""
    heal_connection(doubtful=True)
    if isinstance(error, Later):
        ours = retry.postpone(claimed, error.when, error.why, planned=error.planned)
        return ("later", scrub(error.why), "") if ours else ("lost", "", "")
    why = scrub(str(error)) if isinstance(error, GiveUp) else describe(error)
    traceback = attempts.traceback_of(error)
    with transaction.atomic():
        ours, outcome = _fail(claimed, error, why)
        if ours:
            attempts.keep(claimed, outcome, why, traceback, seconds)
    return (outcome, why, traceback) if ours else ("lost", "", "")


def _fail(claimed: Claimed, error: Exception, why: str) -> tuple[bool, str]:
    """Bury the effect, or let it wait for another try. Return whether it was still ours, and the outcome."""
    if isinstance(error, GiveUp):
        return dead_letters.bury(claimed, "gave up", why), "dead"
    if claimed.attempt >= claimed.max_attempts:
        return dead_letters.bury(claimed, "out of tries", why), "dead"
    return retry.after_failure(claimed, why), "retry"


def _say(
    claimed: Claimed,
    report: Report,
    outcome: str,
    why: str,
    began: float,
    error: Exception | None = None,
    traceback: str = "",
) -> None:
    add: dict[str, Callable[[], None]] = {
        "done": lambda: report.done.append(claimed.id),
        "retry": lambda: report.waiting.append((claimed.id, why)),
        "later": lambda: report.waiting.append((claimed.id, why)),
        "dead": lambda: report.dead.append((claimed.id, why)),
        "lost": lambda: report.lost.append(claimed.id),
    }
    add[outcome]()
    if traceback:
        report.tracebacks[claimed.id] = traceback
    facts = {"why": why, "seconds": time.monotonic() - began, "error": error, "traceback": traceback}
    effect_settled.send(sender=Claimed, effect=claimed, outcome=outcome, **facts)


@contextmanager
def _as_current(claimed: Claimed) -> Iterator[None]:
    token = _current.set(Running(claimed.id, claimed.attempt))
    try:
        with origin.said(claimed.origin), tracer.span([claimed]):
            yield
    finally:
        _current.reset(token)
