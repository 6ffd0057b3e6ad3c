"""The clock: what is due is rung again, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django_celery_results.models import TaskResult

from owed import heartbeat, periods, purging, record, registry
from owed.claiming import claim
from owed.contrib import celery_results
from owed.models import Effect, Tick
from owed.sweeping import sweep
from owed.testing import broker_down, drain
from owed.waker import Hint, pack, waker
from tests.effects import samples

pytestmark = pytest.mark.django_db


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


def make_due() -> None:
    Effect.objects.pending().update(wake_at=F("wake_at") - timedelta(days=1))  # type: ignore[attr-defined]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Hint]:
    hints: list[Hint] = []
    monkeypatch.setattr(waker, "publish", hints.extend)
    return hints


class TestSweep:
    def test_leaves_alone_what_is_not_due(self, rung: list[Hint]) -> None:
        owe(samples.note.si(n=1))
        assert sweep().ready == 0
        assert rung == []

    @pytest.mark.covers("X1", "X2")
    @pytest.mark.parametrize(
        ("behind", "expected"),
        [
            (1, [15, 30, 30, 30, 30, 30, 30, 30]),
            (100, [15, 30, 60, 100, 100, 100, 100, 100]),
            (700, [15, 30, 60, 120, 240, 480, 600, 600]),
        ],
    )
    def test_rings_again_what_a_lost_hint_left_and_waits_longer_each_time_where_many_are_behind(
        self, rung: list[Hint], behind: int, expected: list[int]
    ) -> None:
        pk = owe(*(samples.note.si(n=n) for n in range(behind)))[0]
        waits = []
        for _ in range(8):
            Effect.objects.filter(pk=pk).update(wake_at=F("wake_at") - timedelta(days=1))
            sweep()
            with connection.cursor() as cursor:
                cursor.execute("SELECT extract(epoch FROM wake_at - clock_timestamp()) FROM effects_effect WHERE id = %s", [pk])
                waits.append(round(cursor.fetchone()[0]))
        assert waits == expected
        assert rung == [Hint("test.note", (pk,))] * 8

    @pytest.mark.covers("X5")
    def test_takes_over_from_a_dead_worker(self, rung: list[Hint]) -> None:
        [pk] = owe(samples.note.si(n=1))
        claim(registry.get("test.note"), [pk], uuid4())
        make_due()
        sweep()
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.attempt) == ("ready", 1)
        assert effect.error == "lease expired: the worker died or froze"

    def test_buries_what_killed_a_worker_on_every_try(self, rung: list[Hint]) -> None:
        [pk] = owe(samples.frail.si(n=1))
        for _ in range(2):
            claim(registry.get("test.frail"), [pk], uuid4())
            make_due()
            sweep()
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.outcome) == ("dead", "out of tries")
        assert effect.finished_at is not None

    @pytest.mark.covers("P3", "H20")
    def test_makes_ready_what_waited_for_its_time(self, rung: list[Hint]) -> None:
        owe(*(samples.debounced.si(post_id=n) for n in range(25)))
        make_due()
        assert sweep().ready == 25
        assert [len(hint.ids) for hint in rung] == [10, 10, 5]

    def test_rings_alone_what_has_failed_before(self, rung: list[Hint]) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in range(4)))
        Effect.objects.filter(pk__in=ids[:2]).update(attempt=1)
        make_due()
        sweep()
        assert sorted(rung, key=lambda hint: hint.ids) == [
            Hint("test.together", (ids[0],)),
            Hint("test.together", (ids[1],)),
            Hint("test.together", tuple(ids[2:])),
        ]

    def test_takes_its_ring_back_while_the_broker_is_away(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        make_due()
        with broker_down():
            assert not sweep().rung
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.rings) == ("ready", 0)
        assert (effect.wake_at - effect.created_at).total_seconds() < 5

    @pytest.mark.covers("X13")
    def test_lets_a_task_wait_that_this_release_does_not_know(self, rung: list[Hint]) -> None:
        [pk] = owe(samples.note.si(n=1))
        Effect.objects.filter(pk=pk).update(task="test.unheard_of")
        make_due()
        due = Effect.objects.get(pk=pk).wake_at
        assert sweep().ready == 0
        assert rung == []
        assert Effect.objects.get(pk=pk).wake_at == due
        assert drain() == []


class TestPack:
    def test_fills_hints_up_to_the_batch_and_keeps_the_order(self) -> None:
        pairs = [("test.together", n) for n in range(250)] + [("test.note", 1), ("test.note", 2)]
        hints = pack(pairs)
        assert [len(hint.ids) for hint in hints] == [100, 100, 50, 1, 1]
        assert hints[0].ids[0] == 0


class TestUpkeep:
    def test_records_a_period_once_however_many_schedulers_run(self) -> None:
        samples.note.apply_async(kwargs={"n": 1}, period=86_400)
        samples.note.apply_async(kwargs={"n": 1}, period=86_400)
        assert Effect.objects.count() == 1

    def test_forgets_the_periods_that_are_over(self) -> None:
        Tick.objects.create(task="test.note", period=1)
        periods.first_in_period(samples.note.effect, 60)
        periods.forget_past_periods()
        assert Tick.objects.count() == 1

    def test_purges_done_effects_in_chunks_and_keeps_dead_letters(self) -> None:
        ids = owe(*(samples.note.si(n=n) for n in range(25)), samples.hopeless.si(n=1))
        Effect.objects.update(state="done", finished_at="2020-01-01T00:00Z")
        Effect.objects.filter(pk=ids[0]).update(state="dead")
        assert purging.purge(timedelta(days=1), chunk=10) == 25
        assert [effect.pk for effect in Effect.objects.all()] == [ids[0]]

    def test_purges_no_effect_that_is_still_owed_however_old_it_is(self) -> None:
        ids = owe(*(samples.note.si(n=n) for n in range(4)))
        long_ago = "2020-01-01T00:00Z"
        Effect.objects.update(created_at=long_ago, due_at=long_ago, wake_at=long_ago, started_at=long_ago)
        for pk, state in zip(ids, ("ready", "waiting", "running", "done"), strict=True):
            Effect.objects.filter(pk=pk).update(state=state, finished_at=long_ago if state == "done" else None)
        assert purging.purge(timedelta(days=1), chunk=10) == 1
        assert sorted(Effect.objects.values_list("pk", flat=True)) == sorted(ids[:3])

    @pytest.mark.covers("D5")
    def test_purges_old_results_in_chunks(self) -> None:
        TaskResult.objects.bulk_create(TaskResult(task_id=str(n)) for n in range(25))
        TaskResult.objects.exclude(task_id="24").update(date_done="2020-01-01T00:00Z")
        with CaptureQueriesContext(connection) as queries:
            assert celery_results.purge(timedelta(days=7), chunk=10) == 24
        assert len(queries) == 3
        assert [row.task_id for row in TaskResult.objects.all()] == ["24"]

    @pytest.mark.covers("D11")
    def test_knows_how_long_the_workers_have_been_silent(self) -> None:
        assert heartbeat.silence() is None
        heartbeat.beat("worker@one")
        age = heartbeat.silence()
        assert age is not None
        assert age < 5
