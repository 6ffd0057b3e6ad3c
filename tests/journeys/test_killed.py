"""A machine goes down: workers and the broker are killed, and what was owed is done all the same."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_celery import CeleryTestSetup

from app.accounts.models import Role, User
from app.blog.models import Post
from owed import Task, record
from owed.models import Effect
from owed.waker import Hint, waker
from tests.journeys import sample_tasks as samples
from tests.journeys.owing import count, effect, owe, state
from tests.journeys.test_effects import waiting
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300)]

LEASE = 3 + 10
"""The samples' timeout and the ledger's margin, in seconds."""


class TestAKilledWorker:
    @pytest.mark.covers("X5", "D1", "D7")
    def test_leaves_its_effects_to_the_next_attempt(self, celery_setup: CeleryTestSetup) -> None:
        atomic, external = owe(samples.linger.si(n=1), samples.call_and_linger.si(n=2))
        eventually(lambda: count("running") == 2 and samples.written() == [(2, 1)])
        celery_setup.worker.kill()
        killed_at = time.monotonic()
        assert celery_setup.worker.container.status == "exited"
        celery_setup.worker.restart()
        eventually(lambda: count("done") == 2, timeout=LEASE + 15)
        print(f"seconds from a worker's death to its effects done: {time.monotonic() - killed_at:.1f}")
        assert [effect(pk).attempt for pk in (atomic, external)] == [2, 2]
        assert samples.written() == [(1, 2), (2, 1), (2, 2)]


class TestAKilledChild:
    @pytest.mark.long
    @pytest.mark.covers("X12", "X5")
    @pytest.mark.parametrize("task", [samples.trip, samples.deaf], ids=["killed", "deaf to the soft limit"])
    def test_delays_no_other_effect_of_its_hint_until_a_sweep(self, celery_setup: CeleryTestSetup, task: Task) -> None:
        with transaction.atomic():
            ids = sorted(record(*(task.si(n=n) for n in range(20))).ids)
        # As if no sweep came: what is done before the guilty one's lease ends was rung by the worker's parent.
        Effect.objects.update(wake_at=timezone.now() + timedelta(hours=1))
        assert waker.ring([Hint(task.name, tuple(ids))])
        guilty, innocent = ids[samples.TRIP], [*ids[: samples.TRIP], *ids[samples.TRIP + 1 :]]
        began_at = time.monotonic()
        eventually(lambda: count("done") == 19)
        print(f"seconds from a hint of 20 to its 19 innocents done: {time.monotonic() - began_at:.1f}")
        assert set(Effect.objects.filter(pk__in=innocent).values_list("attempt", "rings")) == {(1, 0)}
        assert effect(guilty).attempt == 1
        eventually(lambda: state(guilty) == "done", timeout=LEASE + 30)
        assert samples.written() == sorted([(n, 1) for n in range(20)] + [(samples.TRIP, 2)])


class TestAnEmptiedBroker:
    @pytest.mark.long
    @pytest.mark.covers("X6", "X1")
    def test_loses_nothing_that_was_owed(self, celery_setup: CeleryTestSetup) -> None:
        celery_setup.worker.kill()
        ids = owe(*(samples.write.si(n=n) for n in range(200)))
        assert 0 < waiting(celery_setup) <= len(ids)
        celery_setup.broker.container.client.flushall()
        flushed_at = time.monotonic()
        celery_setup.worker.restart()
        eventually(lambda: count("done") == len(ids))
        print(f"seconds from FLUSHALL with 200 owed to all done: {time.monotonic() - flushed_at:.1f}")
        assert samples.written() == [(n, 1) for n in range(200)]

    @pytest.mark.long
    @pytest.mark.covers("X6", "X2")
    def test_comes_back_to_a_worker_that_lived_on(self, celery_setup: CeleryTestSetup) -> None:
        before = owe(*(samples.wait_for_gate.si(n=n) for n in range(3)))
        # Both processes are busy, so that the worker holds a message that it took and asks for the next.
        eventually(lambda: count("running") == 2 and taken(celery_setup) == 1)
        celery_setup.broker.kill()
        during = owe(*(samples.write.si(n=n) for n in range(20, 40)))
        assert {state(pk) for pk in during} == {"ready"}
        celery_setup.broker.restart()
        back_at = time.monotonic()
        samples.open_gate()
        eventually(lambda: count("done") == len(before + during))
        print(f"seconds from the broker's return, empty, to all done: {time.monotonic() - back_at:.1f}")
        assert samples.written() == [(n, 1) for n in [*range(3), *range(20, 40)]]
        assert celery_setup.worker.container.status == "running"


def taken(setup: CeleryTestSetup) -> int:
    """Return how many messages a worker took and did not acknowledge."""
    return int(setup.broker.container.client.hlen("unacked"))


class TestAPlan:
    @pytest.mark.long
    @pytest.mark.covers("H20", "X6", "X8")
    def test_outlives_the_broker_and_the_workers(self, celery_setup: CeleryTestSetup) -> None:
        author = User.objects.create_user("planner", role=Role.AUTHOR)
        post = Post.objects.create(title="In time", content="-", author=author)
        at = timezone.now() + timedelta(seconds=8)
        post.schedule(publish_at=at)
        celery_setup.worker.kill()
        celery_setup.broker.kill()
        celery_setup.broker.restart()
        celery_setup.worker.restart()
        eventually(lambda: Post.objects.public().filter(pk=post.pk).exists())
        eventually(lambda: not Effect.objects.filter(finished_at=None).exists())
        post.refresh_from_db()
        assert post.published_at is not None
        assert timedelta(0) <= post.published_at - at < timedelta(seconds=30)
        assert Effect.objects.filter(task="email.announce").count() == 1
