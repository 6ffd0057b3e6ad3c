"""Connections to the broker that stay open and carry nothing, as of a hung node behind a balancer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from pytest_celery import CeleryTestSetup

from owed import broker
from owed.celery import Publisher
from owed.waker import waker
from tests.journeys import rabbitmq
from tests.journeys import sample_tasks as samples
from tests.journeys.nodes import WorkerProcess
from tests.journeys.owing import owe, state
from tests.journeys.silent_proxy import SilentProxy
from tests.journeys.test_stopped import children
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300), pytest.mark.covers("X2", "X6")]
WITHIN = 60.0
GRACE = 30.0
"""Seconds of a container's grace in docker-compose.yml and of the supervisor of `make run`."""


KINDS = ["redis", pytest.param("rabbitmq", marks=pytest.mark.slow)]


@pytest.fixture(params=KINDS)
def proxy(request: pytest.FixtureRequest, celery_setup: CeleryTestSetup, tmp_path: Path) -> Iterator[SilentProxy]:
    """The only way to a broker; the module's own worker is gone meanwhile."""
    celery_setup.worker.kill()
    with via_rabbitmq(tmp_path) if request.param == "rabbitmq" else via_redis(celery_setup) as proxy:
        yield proxy
        proxy.close()


@contextmanager
def via_redis(setup: CeleryTestSetup) -> Iterator[SilentProxy]:
    node = setup.broker.container
    if not hasattr(node, "program"):
        pytest.skip("the proxy stands before a process's socket")
    yield SilentProxy(lambda: to_socket(str(node.program.socket)), "redis://127.0.0.1:{port}/0")


@contextmanager
def via_rabbitmq(folder: Path) -> Iterator[SilentProxy]:
    if not rabbitmq.SERVER.exists():
        pytest.skip("no RabbitMQ on this machine")
    with rabbitmq.rabbitmq(folder) as port:
        yield SilentProxy(lambda: socket.create_connection(("127.0.0.1", port)), "amqp://guest:guest@127.0.0.1:{port}//")


def to_socket(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


@pytest.fixture
def worker(
    proxy: SilentProxy, journey_folder: Path, journey_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[WorkerProcess]:
    """A worker behind the proxy; this process publishes through it too."""
    monkeypatch.setenv("CELERY_BROKER_URL", proxy.url)
    app: Any = Celery("silent", set_as_current=False)
    monkeypatch.setattr(waker, "publish", Publisher(app))
    worker = WorkerProcess(journey_folder, {**journey_env, "CELERY_BROKER_URL": proxy.url}, name="silent")
    assert worker.ready()
    yield worker
    worker.kill()


class TestConnectionsThatGoSilent:
    @pytest.mark.long
    def test_are_replaced_by_the_same_worker_within_a_minute(self, proxy: SilentProxy, worker: WorkerProcess) -> None:
        [first] = owe(samples.write.si(n=1))
        eventually(lambda: state(first) == "done")
        pid = worker.process.pid
        assert proxy.silence() > 1
        silent_at = time.monotonic()
        [second] = owe(samples.write.si(n=2))
        eventually(lambda: state(second) == "done", timeout=WITHIN)
        print(f"seconds from the silence to a new effect done: {time.monotonic() - silent_at:.1f}")
        assert (worker.status, worker.process.pid) == ("running", pid)
        assert samples.written() == [(1, 1), (2, 1)]

    @pytest.mark.long
    def test_are_named_and_keep_no_worker_from_ending_in_its_grace(self, proxy: SilentProxy, worker: WorkerProcess) -> None:
        proxy.is_silent = True
        proxy.silence()
        asked_at = time.monotonic()
        assert broker._Check().complaint() == "TimeoutError"
        assert time.monotonic() - asked_at < 15
        family = children(worker.process.pid)
        worker.process.terminate()
        ended_at = time.monotonic()
        assert len(family) > 1
        assert worker.wait(GRACE) == 0
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
        print(f"seconds from SIGTERM to the end: {time.monotonic() - ended_at:.1f}")
