"""An effect on its way: recorded here, rung through a real broker, run by a real worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.utils import timezone
from django_celery_results.models import TaskResult
from pytest_celery import CeleryTestSetup

from owed.waker import Hint, waker
from tasks import upkeep
from tests.journeys import sample_tasks as samples
from tests.journeys.owing import count, effect, owe, result_of, state
from tests.journeys.waiting import eventually

pytestmark = pytest.mark.usefixtures("fresh")


class TestAnEffect:
    @pytest.mark.covers("D1", "T7")
    def test_is_done_once_by_a_worker_after_the_commit(self, celery_setup: CeleryTestSetup) -> None:
        assert celery_setup.ready(control=True)
        [pk] = owe(samples.write.si(n=1))
        eventually(lambda: state(pk) == "done")
        assert samples.written() == [(1, 1)]

    @pytest.mark.covers("X6")
    def test_is_done_once_when_its_hint_arrives_three_times(self, celery_setup: CeleryTestSetup) -> None:
        [pk] = owe(samples.wait_for_gate.si(n=1))
        eventually(lambda: state(pk) == "running")
        assert waker.ring([Hint("test.wait_for_gate", (pk,))] * 3)
        samples.open_gate()
        eventually(lambda: state(pk) == "done")
        [after] = owe(samples.write.si(n=2))
        eventually(lambda: state(after) == "done" and not waiting(celery_setup))
        assert samples.written() == [(1, 1), (2, 1)]

    @pytest.mark.covers("D5")
    def test_leaves_no_result_row_when_it_succeeds_and_none_for_hints_that_claimed_nothing(
        self, celery_setup: CeleryTestSetup
    ) -> None:
        [pk] = owe(samples.write.si(n=1))
        eventually(lambda: state(pk) == "done")
        assert waker.ring([Hint("test.write", (pk,))] * 5)
        [after] = owe(samples.refuse.si(n=2))
        eventually(lambda: result_of(after) and not waiting(celery_setup))
        assert list(TaskResult.objects.values_list("task_id", flat=True)) == [str(effect(after).hint)]

    def test_comes_back_by_the_clock_when_it_was_scheduled(self, celery_setup: CeleryTestSetup) -> None:
        [pk] = owe(samples.write.si(n=1).set(countdown=2))
        assert state(pk) == "waiting"
        assert not waiting(celery_setup)
        eventually(lambda: state(pk) == "done")
        row = effect(pk)
        assert 0 <= (row.finished_at - row.due_at).total_seconds() < 5
        assert samples.written() == [(1, 1)]

    def test_is_batched_with_others_while_it_is_debounced(self, celery_setup: CeleryTestSetup) -> None:
        pks = owe(*(samples.write_together.si(post_id=n) for n in (1, 1, 1, 2, 2, 3)))
        eventually(lambda: count("done") == 6)
        assert [n for n, _ in samples.written()] == [1, 2, 3]
        assert len({effect(pk).hint for pk in pks}) == 1


class TestAResultRow:
    @pytest.mark.covers("D5", "X10", "X11")
    def test_says_retry_for_an_effect_that_stumbled_and_the_ledger_that_it_is_done(self, celery_setup: CeleryTestSetup) -> None:
        [pk] = owe(samples.stumble.si(n=1))
        eventually(lambda: state(pk) == "waiting" and result_of(pk))
        stumbled = result_of(pk)
        assert (stumbled.status, stumbled.task_name) == ("RETRY", "test.stumble")
        eventually(lambda: state(pk) == "done")
        assert effect(pk).attempt == 2
        assert effect(pk).error == ""
        assert not personal(celery_setup)

    @pytest.mark.covers("D5", "X10", "X11")
    def test_says_failure_for_a_dead_effect_and_names_nobody(self, celery_setup: CeleryTestSetup) -> None:
        [pk] = owe(samples.refuse.si(n=1))
        eventually(lambda: state(pk) == "dead" and result_of(pk))
        row = result_of(pk)
        assert (row.status, row.task_name) == ("FAILURE", "test.refuse")
        assert "[address] does not exist" in row.result
        assert not personal(celery_setup)

    @pytest.mark.covers("D5")
    def test_goes_when_it_is_older_than_a_week(self, celery_setup: CeleryTestSetup) -> None:
        for task_id, days in (("old", 8), ("young", 6)):
            row = TaskResult.objects.create(task_id=task_id)
            TaskResult.objects.filter(pk=row.pk).update(date_done=timezone.now() - timedelta(days=days))
        [pk] = owe(upkeep.purge_results.si())
        eventually(lambda: state(pk) == "done")
        assert set(TaskResult.objects.filter(task_id__in=["old", "young"]).values_list("task_id", flat=True)) == {"young"}


def waiting(setup: CeleryTestSetup) -> int:
    """Return how many messages wait in the broker."""
    return setup.broker.container.client.llen("upkeep")


def personal(setup: CeleryTestSetup) -> list[str]:
    """Return what of an argument, an address or a secret stands in result rows, in the broker or in the worker's log."""
    told = [*map(str, TaskResult.objects.values()), *messages(setup.broker.container.client), setup.worker.logs()]
    return [word for word in ("reader@", "example.org", "hunter22", "'n': ", '"n": ') if any(word in text for text in told)]


def messages(client: redis.Redis) -> Iterator[str]:
    """Yield everything that the broker holds, as text."""
    for key in client.scan_iter():
        read = {"list": lambda key: client.lrange(key, 0, -1), "hash": client.hgetall, "set": client.smembers}
        yield str(read.get(client.type(key), str)(key))
