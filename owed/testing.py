"""The testing kit: see what is owed, run it, take the broker away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from django.test import TransactionTestCase

from owed.draining import work
from owed.models import Effect, EffectQuerySet
from owed.running import Report
from owed.waker import Hint, waker

ROUNDS = 10_000
SOON = """
UPDATE effects_effect SET state = 'ready' WHERE state = 'waiting'
AND (wake_at <= clock_timestamp() OR (attempt = 0 AND wake_at <= clock_timestamp() + make_interval(secs => %s)))
"""


def owes(task: str, *, about: models.Model | None = None) -> EffectQuerySet:
    """Return the effects of this name that are owed and not finished."""
    effects: EffectQuerySet = Effect.objects.all()
    if about is not None:
        effects = effects.about(about)
    return effects.filter(task=task, finished_at=None)


def drain(*, within: float = 10.0) -> list[Report]:
    """Run in this process what is due, and what is put off by no more than `within` seconds, until nothing is.

    Return the reports. A failed try waits for its time.
    """
    reports: list[Report] = []
    for _ in range(ROUNDS):
        with connection.cursor() as cursor:
            cursor.execute(SOON, [within])
        ran = work()
        if not ran:
            return reports
        reports += ran
    raise AssertionError(f"effects still recorded new ones after {ROUNDS} rounds")


@contextmanager
def eager() -> Iterator[None]:
    """Run what is owed as soon as the change that owes it is committed, before the commit returns."""
    busy = False

    def run_now(ready: Iterable[tuple[str, int]]) -> None:
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
