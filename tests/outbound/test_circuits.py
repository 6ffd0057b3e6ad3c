"""A host that is down is tried now and then, and holds nobody up."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from app.outbound import http
from app.outbound.circuits import REST, Circuits, circuits
from app.outbound.errors import NoReply, OutboundFailed, Unreachable
from tests.outbound.receiver import Receiver, cuts, hangs, receiving, says

pytestmark = pytest.mark.covers("X12")


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)


@pytest.fixture
def dead() -> Iterator[Receiver]:
    """A host that takes every request and cuts the line."""
    with receiving(cuts) as receiver:
        yield receiver


def tries(receiver: Receiver, times: int) -> list[int | type[Exception]]:
    """Call it so often, and return how each call ended."""
    return [_try(receiver) for _ in range(times)]


class TestAHostThatIsDown:
    def test_is_left_alone_after_five_failures_in_a_row(self, dead: Receiver) -> None:
        assert tries(dead, 200) == [NoReply] * 5 + [Unreachable] * 195
        assert len(dead.received) == 5

    def test_costs_no_time_once_it_is_known(self) -> None:
        with receiving(hangs) as receiver:
            for _ in range(5):
                with pytest.raises(NoReply):
                    http.request("POST", receiver.url, seconds=0.1)
            began = time.monotonic()
            assert set(tries(receiver, 100)) == {Unreachable}
            receiver.stopped.set()
        assert time.monotonic() - began < 2

    def test_takes_nothing_from_another(self, dead: Receiver) -> None:
        tries(dead, 10)
        with receiving() as other:
            assert http.request("POST", other.url).ok

    def test_is_asked_by_one_caller_after_its_rest_and_is_back_with_its_first_answer(
        self, dead: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tries(dead, 10)
        later = time.monotonic() + REST
        monkeypatch.setattr(circuits, "clock", lambda: later)
        assert tries(dead, 10) == [NoReply] + [Unreachable] * 9
        later += REST
        dead.answers[:] = [says(503)]
        assert [http.request("POST", dead.url).status for _ in range(10)] == [503] * 10

    def test_is_forgotten_after_a_thousand_others(self) -> None:
        known = Circuits(failures=1)
        for number in range(1001):
            known.failed(f"http://host{number}")
        assert known.admit("http://host0")
        assert not known.admit("http://host1000")

    def test_fails_five_times_in_a_row_and_not_in_all(self) -> None:
        with receiving(*[cuts, cuts, cuts, cuts, says(204)] * 4) as receiver:
            outcomes = tries(receiver, 20)
        assert outcomes == ([NoReply] * 4 + [204]) * 4
        assert circuits.admit(receiver.url)


def _try(receiver: Receiver) -> int | type[Exception]:
    try:
        return http.request("POST", receiver.url).status
    except OutboundFailed as error:
        return type(error)
