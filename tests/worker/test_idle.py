"""What an idle worker and an idle scheduler ask the database: the sweep and the clock, and little else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import connection

from owed import beat, worker
from owed.models import Heartbeat
from worker.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
A_MINUTE = 120
"""Passes of the sweeper in a minute, one each half second."""


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the statements of this thread by their first two words; the question whether the connection lives among them."""
    said: Counter[str] = Counter()
    usable = connection.is_usable

    def ask() -> bool:
        said["is it alive"] += 1
        return bool(usable())

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        said[" ".join(sql.split()[:2])] += 1
        return execute(sql, *rest)

    connection.health_check_enabled = True
    connection.is_usable = ask  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(note):
            yield said
    finally:
        del connection.is_usable


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let half a second pass whenever the sweeper has made a pass."""
    now = count(1000.0, 0.5)
    moment = [next(now)]
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: moment[0], time=time.time))
    swept = worker.sweep

    def sweep() -> object:
        moment[0] = next(now)
        return swept()

    monkeypatch.setattr(worker, "sweep", sweep)


class TestAnIdleMinute:
    def test_of_a_worker_is_a_sweep_each_half_second_and_a_sign_of_life_each_five(self, clock: None) -> None:
        sweeper = worker.Sweeper("idle@here")
        sweeper._pass()
        with counted() as said:
            for _ in range(A_MINUTE):
                sweeper._pass()
        assert said["WITH due"] == A_MINUTE
        assert said["is it alive"] == 0
        # Half of what a worker sent that asked each time whether its connection lives, and said each time that it does.
        assert sum(said.values()) - A_MINUTE <= 16
        assert Heartbeat.objects.filter(worker="idle@here").exists()

    def test_of_the_scheduler_is_one_question_a_second(self) -> None:
        scheduler = beat.LedgerScheduler(app=app, lazy=True)
        scheduler.synced = True
        scheduler._run_schedules()
        with counted() as said:
            for _ in range(60):
                scheduler._run_schedules()
        assert sum(said.values()) == 60
