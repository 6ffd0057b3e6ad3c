"""The waker: a thread that tells workers, and never makes anybody wait for the broker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from owed.celery import Publisher
from owed.waker import Hint, Waker
from tests.waiting import wait_until


@pytest.fixture
def waker() -> Waker:
    return Waker()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


def celery_at(url: str) -> Celery:
    """Return an application for that broker; $CELERY_BROKER_URL would win over broker=."""
    app = Celery("hints", set_as_current=False)
    app.conf.update(task_ignore_result=True, broker_write_url=url, broker_read_url=url)
    return app


class TestWaker:
    def test_publishes_what_came_within_twenty_milliseconds_in_one_go(self, waker: Waker) -> None:
        calls: list[list[Hint]] = []
        waker.publish = calls.append
        for n in range(6):
            waker.wake([("test.note", n)])
        assert waker.wait_idle(5)
        assert sum(len(call) for call in calls) == 6
        assert len(calls) <= 2

    def test_uses_one_thread_of_its_own(self, waker: Waker) -> None:
        threads: set[str] = set()
        waker.publish = lambda hints: threads.add(threading.current_thread().name)
        waker.wake([("test.note", 1)])
        waker.wake([("test.note", 2)])
        assert waker.wait_idle(5)
        assert threads == {"effects-waker"}

    @pytest.mark.covers("X2")
    def test_is_silent_for_a_while_after_a_failure_and_then_tries_again(self, waker: Waker) -> None:
        tried: list[Hint] = []

        def refuse(hints: list[Hint]) -> None:
            tried.extend(hints)
            raise ConnectionError

        waker.publish = refuse
        assert not waker.ring([Hint("test.note", (1,))])
        assert not waker.ring([Hint("test.note", (2,))])
        assert [hint.ids for hint in tried] == [(1,)]
        waker.unmute()
        waker.ring([Hint("test.note", (3,))])
        assert [hint.ids for hint in tried] == [(1,), (3,)]
        assert waker.lost == 3

    def test_starts_anew_in_a_forked_child(self) -> None:
        script = (
            "import os, sys\n"
            "from owed.waker import waker\n"
            "seen = []\n"
            "waker.publish = seen.extend\n"
            "waker.wake([('t', 1)]); waker.wait_idle(5)\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    seen.clear(); waker.wake([('t', 2)]); ok = waker.wait_idle(5) and len(seen) == 1\n"
            "    os._exit(0 if ok else 1)\n"
            "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        )
        assert subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=60, check=False).returncode == 0

    def test_flushes_at_exit_within_half_a_second(self) -> None:
        script = (
            "import time\n"
            "from owed.waker import waker\n"
            "waker.publish = lambda hints: print(len(hints), flush=True)\n"
            "waker.wake([('t', 1), ('u', 2)])\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.strip() == "2"


class TestPublisher:
    @pytest.mark.covers("X11", "D17")
    def test_sends_names_and_ids_and_nothing_else(self) -> None:
        app = celery_at(settings.CELERY_BROKER_URL)
        app.conf.task_default_queue = f"waker-{os.getpid()}"
        publisher = Publisher(app)
        publisher([Hint("test.note", (1, 2)), Hint("test.call", (3,))])
        publisher._drop()
        with app.connection_for_read() as connection, connection.SimpleQueue(app.conf.task_default_queue) as queue:
            messages = [queue.get(timeout=5) for _ in range(2)]
            queue.clear()
        assert [(m.headers["task"], m.headers["effects"]) for m in messages] == [("test.note", [1, 2]), ("test.call", [3])]
        assert all(m.payload[:2] == [[], {}] for m in messages)
        assert messages[0].headers["id"] != messages[1].headers["id"]

    def test_names_the_first_and_the_last_of_many_where_celery_logs_them(self) -> None:
        app = celery_at(settings.CELERY_BROKER_URL)
        app.conf.task_default_queue = f"waker-many-{os.getpid()}"
        publisher = Publisher(app)
        publisher([Hint("test.note", (7, 8)), Hint("test.note", tuple(range(1, 501)))])
        publisher._drop()
        with app.connection_for_read() as connection, connection.SimpleQueue(app.conf.task_default_queue) as queue:
            named = [queue.get(timeout=5).headers["argsrepr"] for _ in range(2)]
            queue.clear()
        assert named == ["effects 7, 8", "effects 1 to 500 (500)"]

    @pytest.mark.covers("X2", "G13")
    def test_gives_up_at_once_on_a_refused_port(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(OperationalError):
            Publisher(celery_at(f"redis://127.0.0.1:{port}/0"))([Hint("test.note", (1,))])
        assert time.monotonic() - began < 5

    @pytest.mark.covers("X2", "G13")
    @pytest.mark.timed
    def test_gives_up_within_seconds_on_a_frozen_broker_while_nobody_waits(self, black_hole: int, waker: Waker) -> None:
        waker.publish = Publisher(celery_at(f"redis://127.0.0.1:{black_hole}/0"))
        began = time.monotonic()
        waker.wake([("test.note", 1)])
        handed_over = time.monotonic() - began
        wait_until(lambda: waker.lost == 1, timeout=20)
        assert handed_over < 3
