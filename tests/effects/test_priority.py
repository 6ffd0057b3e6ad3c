"""What is urgent goes first, whatever order its hint arrives in; what is not waits, and does not starve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from owed import effect, pausing, record, registry, urgency
from owed.acting import Decision
from owed.celery import Publisher
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain
from owed.urgency import run_hint
from owed.waker import Hint, waker
from tests.effects import samples
from tests.effects.test_waker import celery_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("applied")]


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    urgency._quiet.clear()
    urgency._passed_over.clear()
    yield
    urgency._quiet.clear()
    urgency._passed_over.clear()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(waker, "wake", lambda ready, low=False: found.extend(ready))
    return found


def owe(*signatures: Any) -> list[int]:
    with transaction.atomic():
        return record(*signatures).ids


def note(n: int, priority: int | None = None) -> Any:
    return samples.note.si(n=n).set(priority=priority)


def hint(*ids: int, task: str = "test.note") -> list[int]:
    """Follow a hint. Return what it named and did."""
    return run_hint(registry.get(task), ids, uuid4()).done


def done() -> list[int]:
    return [n for _, n in samples.ran]


def states(*ids: int) -> list[str]:
    found = dict(Effect.objects.values_list("pk", "state"))
    return [found[pk] for pk in ids]


class TestPriority:
    def test_is_the_declarations_unless_the_call_has_its_own(self) -> None:
        try:
            declared = effect("test.urgent_by_nature", priority=30)(lambda *, n: None)
            ids = owe(declared.si(n=1), declared.si(n=2).set(priority=-5), note(3))
        finally:
            registry.drop("test.urgent_by_nature")
        assert [Effect.objects.get(pk=pk).priority for pk in ids] == [30, -5, 0]

    @pytest.mark.parametrize("wrong", [-101, 101])
    def test_is_refused_outside_of_its_range(self, wrong: int) -> None:
        with pytest.raises(ValueError, match="from -100 to 100"):
            note(1, wrong)
        with pytest.raises(ValueError, match="from -100 to 100"):
            effect("test.beyond", priority=wrong)(lambda *, n: None)

    def test_orders_what_is_rung_at_the_commit_and_lets_hints_of_the_low_go_behind(self) -> None:
        with transaction.atomic():
            owed = record(note(1), note(2, 10), note(3, -10), note(4, 99))
        one, two, three, four = owed.ids
        assert ([pk for _, pk in owed.ready], [pk for _, pk in owed.low]) == ([four, two, one], [three])

    def test_orders_what_is_run_without_a_broker(self) -> None:
        owe(note(1), note(2, 10), note(3, -10), note(4, 99))
        drain()
        assert done() == [4, 2, 1, 3]


class TestAHint:
    def test_runs_what_is_urgent_in_its_queue_before_what_it_names(self) -> None:
        usual, urgent, most, other = owe(note(1), note(2, 10), note(3, 99), samples.together.si(post_id=4).set(priority=50))
        assert hint(usual) == [usual]
        assert done() == [3, [4], 2, 1]
        assert hint(urgent) == hint(most) == hint(other, task="test.together") == []

    def test_takes_what_it_names_where_that_is_as_urgent(self) -> None:
        first, second = owe(note(1, 50), note(2, 10))
        hint(first)
        assert (done(), states(second)) == ([1], ["ready"])

    def test_leaves_what_has_failed_before_to_its_own_hint(self) -> None:
        usual, urgent = owe(note(1), note(2, 10))
        Effect.objects.filter(pk=urgent).update(attempt=1)
        hint(usual)
        assert (done(), states(urgent)) == ([1], ["ready"])

    def test_leaves_what_has_limits_that_do_not_fit(self) -> None:
        usual, urgent = owe(note(1), samples.call.si(n=2).set(priority=10))
        hint(usual)
        assert (done(), states(urgent)) == ([1], ["ready"])
        [short] = owe(samples.hopeless.si(n=3))
        samples.ran.clear()
        urgency._quiet.clear()
        [long] = owe(note(4, 99))
        hint(short, task="test.hopeless")
        assert states(long, urgent) == ["ready", "done"]

    def test_leaves_what_is_paused_planned_or_unknown_here(self) -> None:
        usual, planned, unknown = owe(note(1), note(2, 10).set(countdown=60, priority=10), note(3, 20))
        Effect.objects.filter(pk=unknown).update(task="test.known_to_no_one")
        hint(usual)
        assert states(planned, unknown) == ["waiting", "ready"]
        usual, urgent = owe(note(4), note(5, 30))
        pausing.pause(task="test.note", decision=Decision(by="ada", reason="the provider is down"))
        assert hint(usual) == []
        assert states(urgent) == ["paused"]

    def test_fails_for_none_but_what_it_names(self) -> None:
        usual, urgent = owe(note(1), note(2, 10))
        samples.poison.add(2)
        assert hint(usual) == [usual]
        assert states(urgent) == ["waiting"]

    def test_that_has_no_time_left_is_rung_again_and_the_next_runs_what_it_names(
        self, rung: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, *urgent = owe(note(1), note(2), note(3, 10), note(4, 10))
        with monkeypatch.context() as patched:
            patched.setattr(urgency, "SLICE", 0.0)
            assert hint(first) == []
        assert (rung, states(first, *urgent)) == ([("test.note", first)], ["ready", "ready", "ready"])
        assert hint(second) == [second]
        assert done() == [2]
        hint(first)
        assert done() == [2, 3, 4, 1]

    def test_asks_once_in_a_second_where_nothing_is_urgent(self) -> None:
        ids = owe(*(note(n) for n in range(3)))
        with CaptureQueriesContext(connection) as queries:
            for pk in ids:
                hint(pk)
        assert sum("priority > 0" in query["sql"] for query in queries) == 1


class TestTheSweeper:
    def due(self, *signatures: Any, age: timedelta = timedelta(seconds=30)) -> list[int]:
        ids = owe(*signatures)
        Effect.objects.update(wake_at=F("wake_at") - timedelta(days=1), due_at=F("due_at") - age)
        return ids

    def test_rings_the_urgent_first_and_the_low_behind(self) -> None:
        one, low, urgent = self.due(note(1), note(2, -1), note(3, 1))
        assert sweep().hints == [Hint("test.note", (urgent,)), Hint("test.note", (one,)), Hint("test.note", (low,), low=True)]

    def test_forgets_that_one_is_low_after_five_minutes(self) -> None:
        [low] = self.due(note(1, -100), age=timedelta(minutes=6))
        assert sweep().hints == [Hint("test.note", (low,))]


class TestTheBroker:
    def test_delivers_hints_of_the_low_after_all_others(self) -> None:
        app = celery_at(settings.CELERY_BROKER_URL)
        app.conf.task_default_queue = f"priority-{os.getpid()}"
        publisher = Publisher(app)
        publisher([Hint("test.note", (1,), low=True), Hint("test.note", (2,)), Hint("test.note", (3,), low=True)])
        publisher([Hint("test.note", (4,))])
        publisher._drop()
        with app.connection_for_read() as opened, opened.SimpleQueue(app.conf.task_default_queue) as queue:
            found = [queue.get(timeout=5).headers["effects"] for _ in range(4)]
            queue.clear()
        assert found == [[2], [4], [1], [3]]
