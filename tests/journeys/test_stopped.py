"""Workers are stopped, started and replaced: deploys, as the ledger sees them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django_celery_results.models import TaskResult
from pytest_celery import CeleryTestSetup

from owed import heartbeat
from owed.contrib import prometheus
from owed.models import Effect
from tests.journeys import next_release
from tests.journeys import sample_tasks as samples
from tests.journeys.nodes import WorkerProcess
from tests.journeys.owing import count, effect, owe, state
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300)]

AGE = 'afterword_oldest_due_seconds{queue="test"} '
Released = Callable[..., None]


class TestStoppedWorkers:
    @pytest.mark.long
    @pytest.mark.covers("D1", "D21", "D22")
    def test_let_the_ledger_fill_and_do_all_of_it_when_they_start(self, celery_setup: CeleryTestSetup) -> None:
        celery_setup.worker.container.end()
        ids = owe(*(samples.write.si(n=n) for n in range(100)), samples.write_together.si(post_id=100))
        assert (count("ready"), count("waiting")) == (100, 1)
        assert 'afterword_effects{queue="test",state="owed"} 101.0' in prometheus.render().decode()
        before = oldest_due()
        eventually(lambda: oldest_due() > before + 1)
        celery_setup.worker.restart()
        eventually(lambda: count("done") == len(ids))
        assert samples.written() == [(n, 1) for n in range(101)]


def oldest_due() -> float:
    """Return the age that an alert looks at."""
    [line] = [each for each in prometheus.render().decode().splitlines() if each.startswith(AGE)]
    return float(line.removeprefix(AGE))


class TestAWorkerThatIsToldToStop:
    @pytest.mark.long
    @pytest.mark.covers("X13", "D11")
    def test_lets_the_running_effects_end_though_the_whole_group_was_told_and_hands_back_the_rest(
        self, celery_setup: CeleryTestSetup
    ) -> None:
        worker = celery_setup.worker
        ids = owe(*(samples.wait_for_gate.si(n=n) for n in range(6)))
        eventually(lambda: count("running") == 2)
        running = [pk for pk in ids if state(pk) == "running"]
        worker.kill(signal="SIGTERM")
        worker.wait_for_log("Warm shutdown")
        samples.open_gate()
        worker.container.wait()
        assert [(state(pk), effect(pk).attempt) for pk in running] == [("done", 1), ("done", 1)]
        worker.restart()
        eventually(lambda: count("done") == 6)
        assert samples.written() == [(n, 1) for n in range(6)]


class TestTheSweeper:
    @pytest.mark.covers("D11", "X5")
    def test_lives_in_the_parent_and_so_outlives_a_frozen_pool(self, celery_setup: CeleryTestSetup) -> None:
        if not isinstance(celery_setup.worker.container, WorkerProcess):
            pytest.skip("the pool's processes cannot be frozen from outside a container")
        pool = children(celery_setup.worker.container.process.pid)
        signal_all(pool, signal.SIGSTOP)
        try:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE effects_heartbeat SET at = at - interval '1 hour'")
            eventually(lambda: (heartbeat.silence("journey@%") or 3600) < 6)
        finally:
            signal_all(pool, signal.SIGCONT)


class TestARollingDeploy:
    @pytest.fixture
    def released(self, celery_setup: CeleryTestSetup, journey_folder: Path, journey_env: dict[str, str]) -> Iterator[Released]:
        """Start a worker of the next release on demand; always a process, on the host's address of the broker."""
        started: list[WorkerProcess] = []

        def release(**more: str) -> None:
            env = {**journey_env, "CELERY_BROKER_URL": celery_setup.broker.config()["host_url"], **more}
            samples_of_both = f"{samples.__name__},{next_release.__name__}"
            started.append(WorkerProcess(journey_folder, env, name="released", samples=samples_of_both))
            assert started[-1].ready()

        yield release
        for worker in started:
            worker.kill()

    @pytest.mark.long
    @pytest.mark.covers("X13", "D21")
    def test_gives_to_the_one_worker_that_knows_them_what_the_others_put_back(
        self,
        celery_setup: CeleryTestSetup,
        released: Released,
        journey_folder: Path,
        journey_env: dict[str, str],
        settings: Any,
    ) -> None:
        # A lost hint would be rung after ten minutes: what is done sooner was put back by workers that did not know it.
        settings.OWED_RING_AFTER = 600
        released(EFFECTS_RING_AFTER_SECONDS="600")
        other = WorkerProcess(journey_folder, journey_env, name="other")
        try:
            assert other.ready()
            owed_at = time.monotonic()
            ids = owe(*(next_release.of_the_next_release.si(n=n) for n in range(20)))
            eventually(lambda: count("done") == len(ids))
            print(f"seconds until one worker of three has done 20 that it alone knows: {time.monotonic() - owed_at:.1f}")
            assert set(Effect.objects.values_list("attempt", flat=True)) == {1}
            assert not TaskResult.objects.exists()
            assert "Traceback" not in other.logs() + celery_setup.worker.logs()
            assert "put back" in other.logs() + celery_setup.worker.logs()
        finally:
            other.kill()

    @pytest.mark.long
    @pytest.mark.covers("X13", "D21")
    def test_shares_the_work_and_lets_wait_what_the_old_workers_do_not_know(
        self, celery_setup: CeleryTestSetup, released: Released
    ) -> None:
        [new] = owe(next_release.of_the_next_release.si(n=1000))
        celery_setup.worker.wait_for_log("test.of_the_next_release")
        assert (state(new), effect(new).attempt) == ("ready", 0)
        released()
        first = owe(*(samples.write.si(n=n) for n in range(100)))
        celery_setup.worker.kill(signal="SIGTERM")
        second = owe(*(samples.write.si(n=n) for n in range(100, 200)))
        eventually(lambda: {state(pk) for pk in first + second} == {"done"})
        celery_setup.worker.container.wait()
        Effect.objects.filter(pk=new).update(wake_at=Now())
        eventually(lambda: state(new) == "done")
        assert samples.written() == [(n, 1) for n in [*range(200), 1000]]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def signal_all(pids: list[int], number: signal.Signals) -> None:
    assert pids
    for pid in pids:
        os.kill(pid, number)
