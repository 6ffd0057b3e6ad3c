"""Whether the broker answers, asked of a real one that is frozen, gone and back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from owed import broker
from owed.celery import Publisher
from owed.waker import waker
from tests.servers import run
from tools.devserver.valkey import BROKER, Valkey


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Run a broker of the test's own, through which this process publishes; return its pid."""
    folder = Path(tmp_path_factory.mktemp("v"))
    server = Valkey(name="broker", data=folder / "data", socket=folder / "s", policy=tuple(BROKER))
    publish_through(f"redis+socket://{folder / 's'}?virtual_host=0", monkeypatch)
    with run(server, folder) as pid:
        yield pid


def publish_through(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", url)  # Celery prefers it to what an application says
    monkeypatch.setattr(waker, "publish", Publisher(Celery("test", set_as_current=False)))


def complaint() -> str:
    """Ask, whatever was asked before."""
    return broker._Check().complaint()


class TestTheBroker:
    def test_that_answers_is_not_complained_of(self, valkey: int) -> None:
        assert complaint() == ""

    def test_that_is_frozen_is_named_in_time_and_no_more_once_it_goes_on(self, valkey: int) -> None:
        os.kill(valkey, signal.SIGSTOP)
        began = time.monotonic()
        try:
            assert complaint() == "TimeoutError"
        finally:
            os.kill(valkey, signal.SIGCONT)
        assert time.monotonic() - began < 15
        assert complaint() == ""

    def test_that_does_not_run_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        publish_through(f"redis+socket://{tmp_path}/none?virtual_host=0", monkeypatch)
        assert complaint()

    def test_is_asked_once_in_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        class Counting:
            def ask(self) -> None:
                asked.append(1)

        monkeypatch.setattr(waker, "publish", Counting())
        check = broker._Check()
        assert [check.complaint() for _ in range(50)] == [""] * 50
        assert len(asked) == 1
