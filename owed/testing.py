"""The testing kit: see what is owed, run it, take the broker away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.test import TransactionTestCase

from . import crash, limits, registry, sql
from .binding import Task
from .declaration import Declaration
from .draining import work
from .models import Effect, EffectQuerySet, EffectSet, subject_key
from .running import Report
from .sets import EffectSetQuerySet
from .sweeping import sweep
from .waker import Hint, waker

ROUNDS = 10_000
SOON = """
UPDATE effects_effect SET state = 'ready' WHERE state = 'waiting'
AND (wake_at <= clock_timestamp() OR (attempt = 0 AND wake_at <= clock_timestamp() + make_interval(secs => %s)))
"""


EXPIRE = "UPDATE effects_effect SET wake_at = clock_timestamp() WHERE state = 'running'"


def owes(effect: str | Declaration[Any] | Task[Any, Any], *, about: models.Model | None = None) -> EffectQuerySet:
    """Return what is owed of this effect, or by this name, and not finished."""
    effects: EffectQuerySet = Effect.objects.all()
    if about is not None:
        effects = effects.about(about)
    name = effect if isinstance(effect, str) else effect.name
    known = registry.find(name)
    return effects.filter(task__in=known.names if known else [name], finished_at=None)


def follows(effect: str | Declaration[Any] | Task[Any, Any], *, about: models.Model | None = None) -> EffectSetQuerySet:
    """Return the sets, not complete yet, after which this effect is owed."""
    name = effect if isinstance(effect, str) else effect.name
    sets: EffectSetQuerySet = EffectSet.objects.open().filter(call__task=name)
    return sets if about is None else sets.filter(about=subject_key(about))


def drain(*, within: float = 10.0) -> list[Report]:
    """Run in this process what is due, and what is put off by no more than `within` seconds, until nothing is.

    Return the reports. A failed try waits for its time; rates and at_most are ignored.
    """
    registry.load()
    reports: list[Report] = []
    for _ in range(ROUNDS):
        sql.run(SOON, [within])
        with limits.ignored():
            ran = work()
        if not ran:
            return reports
        reports += ran
    raise AssertionError(f"effects still recorded new ones after {ROUNDS} rounds")


@contextmanager
def eager() -> Iterator[None]:
    """Run what is owed as soon as the change that owes it is committed, before the commit returns."""
    busy = False

    def run_now(ready: Iterable[tuple[str, int]], *, low: bool = False) -> None:
        nonlocal busy
        if busy:  # what effects owe in turn is found by the drain that runs them
            return
        busy = True
        try:
            drain()
        finally:
            busy = False

    before, waker.wake = waker.wake, run_now  # type: ignore[method-assign]
    try:
        yield
    finally:
        waker.wake = before  # type: ignore[method-assign]


class EagerTestCase(TransactionTestCase):
    """A test case in which changes are committed and their effects done when save() returns, with no worker."""

    def run(self, result: Any = None) -> Any:
        with eager():
            return super().run(result)


class Crashed(BaseException):
    """crash_at() ended the work here. Not an Exception: nothing that handles errors may settle what a kill would not."""


@contextmanager
def crash_at(point: str) -> Iterator[None]:
    """End the work at a named point, as a kill would: raises Crashed there, and nothing is settled afterwards."""

    def end() -> None:
        raise Crashed(point)

    crash.held[point] = end
    try:
        yield
    finally:
        crash.held.pop(point, None)


def expire_leases() -> int:
    """Let the time pass that running effects are leased for, and sweep. Return how many were running."""
    expired = sql.run(EXPIRE)
    sweep()
    return expired


@contextmanager
def broker_down() -> Iterator[list[Hint]]:
    """Let every publish fail, as a broker that is away does. Yields the hints that were tried."""
    tried: list[Hint] = []

    def refuse(hints: list[Hint]) -> None:
        tried.extend(hints)
        raise ConnectionError("broker_down()")

    before, waker.publish = waker.publish, refuse
    try:
        yield tried
    finally:
        waker.wait_idle()
        waker.publish = before
        waker.unmute()
