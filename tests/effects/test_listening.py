"""A worker that does not hear its broker, while others do: it does not sweep, and does not say that it lives."""

from __future__ import annotations

import os
import signal
import time

import pytest
from django.db import transaction

from owed import broker, heartbeat, owe
from owed.listening import listening
from owed.models import Effect
from owed.worker import Sweeper
from tests.effects import samples
from tests.effects.test_broker import valkey

__all__ = ["valkey"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker.check, "asked_at", None)


def heard(seconds_ago: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "heard_at", time.monotonic() - seconds_ago)


def passes(sweeper: Sweeper) -> bool:
    """Let the sweeper pass once over a lost hint. Return whether it said that it lives, and rang."""
    with transaction.atomic():
        owe(samples.note.si(n=1))
    Effect.objects.update(wake_at="2020-01-01T00:00Z")
    sweeper._pass()
    lives = heartbeat.silence(sweeper.worker) is not None
    assert lives == Effect.objects.filter(rings=1).exists()
    return lives


class TestAWorker:
    def test_that_hears_its_broker_sweeps(self, valkey: int, monkeypatch: pytest.MonkeyPatch) -> None:
        heard(5, monkeypatch)
        assert passes(Sweeper("worker@here"))

    def test_that_is_deaf_leaves_it_to_others_until_it_hears(
        self, valkey: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        heard(60, monkeypatch)
        sweeper = Sweeper("worker@here")
        assert not passes(sweeper)
        sweeper._pass()
        assert [each.levelname for each in caplog.records if "does not hear" in each.message] == ["ERROR"]
        heard(0, monkeypatch)
        assert passes(sweeper)

    def test_is_not_deaf_where_the_broker_answers_no_one(self, valkey: int, monkeypatch: pytest.MonkeyPatch) -> None:
        heard(60, monkeypatch)
        os.kill(valkey, signal.SIGSTOP)
        try:
            assert not listening.is_deaf()
        finally:
            os.kill(valkey, signal.SIGCONT)

    def test_of_which_nothing_is_known_sweeps(self, valkey: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listening, "heard_at", None)
        assert passes(Sweeper("worker@here"))


class TestItsHealth:
    def test_is_that_of_its_own_host(self) -> None:
        heartbeat.beat("worker@here", {"host": "here"})
        assert heartbeat.silence_on("there") is None
        age = heartbeat.silence_on("here")
        assert age is not None
        assert age < 5
