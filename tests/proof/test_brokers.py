"""A broker in every kind of trouble: nobody who owes hears of it, and the sweeper makes it good when the trouble is over."""

from __future__ import annotations

import json
import os
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.db import transaction

from owed import record
from owed.celery import Publisher
from owed.models import Effect
from owed.sweeping import sweep
from owed.waker import Hint, waker
from tests.proof import samples
from tests.proof.ledger import applied, follow, pass_time
from tests.servers import HOME
from tests.waiting import wait_until
from tools.devserver import server
from tools.devserver.valkey import Valkey

pytestmark = pytest.mark.covers("X2", "X6")
QUEUE = "brokers"
OWED = 30
ENOUGH = 4000
"""Octets after which the line is cut: some hints have left, others have not."""


class Broker:
    """A Valkey of this test's own, and the ways in which it can fail."""

    def __init__(self, folder: Path) -> None:
        place = {"data": folder / "broker", "socket": folder / "broker.sock"}
        self.valkey = Valkey(name="broker", policy=("--appendonly", "yes", "--maxmemory-policy", "noeviction"), **place)
        self.client = redis.Redis(unix_socket_path=str(self.valkey.socket), socket_timeout=5)
        self.url = f"redis+socket://{self.valkey.socket}?virtual_host=0"
        self.start()

    def start(self) -> None:
        self.process = server.start(self.valkey, subprocess.DEVNULL)
        server.await_ready(self.valkey, self.process)

    def end(self) -> None:
        self.client.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def hints(self) -> list[Hint]:
        """Take what was published."""
        sent, _ = self.client.pipeline().lrange(QUEUE, 0, -1).delete(QUEUE).execute()
        headers = [json.loads(each)["headers"] for each in sent]
        return [Hint(each["task"], tuple(each["effects"])) for each in headers]

    @contextmanager
    def full(self) -> Iterator[None]:
        self.client.config_set("maxmemory", "1")
        yield
        self.client.config_set("maxmemory", "0")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Want a password that nobody has been told."""
        self.client.config_set("requirepass", "another")
        yield
        self.client.execute_command("AUTH", "another")
        self.client.config_set("requirepass", "")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        yield
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        os.killpg(self.process.pid, signal.SIGSTOP)
        yield
        os.killpg(self.process.pid, signal.SIGCONT)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        yield
        self.client.flushall()


@pytest.fixture
def broker() -> Iterator[Broker]:
    folder = Path(os.environ[HOME]) / f"b{uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    broker = Broker(folder)
    yield broker
    broker.end()


@pytest.fixture
def publish(broker: Broker, rung: list[Hint], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that points this process's waker at an address."""

    def at(url: str) -> None:
        app = Celery("brokers", set_as_current=False)
        app.conf.update(broker_write_url=url, broker_read_url=url, task_default_queue=QUEUE)
        monkeypatch.setattr(waker, "publish", Publisher(app))
        waker.unmute()

    yield at
    waker.wait_idle(10)
    waker.unmute()


TROUBLES: dict[str, Callable[[Broker], AbstractContextManager[None]]] = {
    "full": Broker.full,
    "locked": Broker.locked,
    "stopped": Broker.stopped,
    "frozen": Broker.frozen,
    "emptied": Broker.emptied,
}


class TestABrokerInTrouble:
    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_raises_nothing_and_loses_nothing(self, broker: Broker, publish: Callable[[str], None], trouble: str) -> None:
        publish(broker.url)
        lost = waker.lost
        with TROUBLES[trouble](broker):
            owe()
            assert waker.wait_idle(10)
            assert (waker.lost > lost) == (trouble != "emptied")
        assert all_done_after_a_sweep(broker)

    def test_that_cuts_the_line_in_the_middle_of_a_pipeline_does_each_once(
        self, broker: Broker, publish: Callable[[str], None]
    ) -> None:
        with cut_after(ENOUGH, str(broker.valkey.socket)) as port:
            publish(f"redis://127.0.0.1:{port}/0")
            lost = waker.lost
            owe()
            wait_until(lambda: waker.lost > lost)
        arrived = broker.hints()
        publish(broker.url)
        follow(arrived)
        assert all_done_after_a_sweep(broker, again=arrived)


def owe() -> None:
    with transaction.atomic():
        owed = record(*(samples.apply.si(n=n) for n in range(OWED)))
        transaction.on_commit(owed.enqueue, robust=True)


def all_done_after_a_sweep(broker: Broker, again: list[Hint] | None = None) -> bool:
    """Sweep as a worker does when the broker is back, run what it then holds, and what it held before once more."""
    waker.unmute()
    pass_time()
    assert sweep().rung
    follow([*broker.hints(), *(again or [])])
    assert applied() == list(range(OWED))
    return not Effect.objects.filter(finished_at=None).exists()


class Cutting(socketserver.BaseRequestHandler):
    """Pass octets on, and reset both sides after so many."""

    path: ClassVar[str]
    limit: ClassVar[int]

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as inner:
            inner.connect(self.path)
            back = threading.Thread(target=self._answer, args=[inner], daemon=True)
            back.start()
            passed = 0
            while passed < self.limit and (piece := self.request.recv(self.limit - passed)):
                inner.sendall(piece)
                passed += len(piece)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.request.close()
            inner.shutdown(socket.SHUT_RDWR)
            back.join(10)

    def _answer(self, inner: socket.socket) -> None:
        with suppress(OSError):
            while piece := inner.recv(65536):
                self.request.sendall(piece)


@contextmanager
def cut_after(limit: int, path: str) -> Iterator[int]:
    """Yield the port of a proxy that resets its connections in the middle."""
    handler = type("Handler", (Cutting,), {"path": path, "limit": limit})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield proxy.server_address[1]
        proxy.shutdown()
