"""A rate over several processes that are killed and started again: never more in any second."""

from __future__ import annotations

import signal
from functools import partial
from uuid import uuid4

import pytest

from owed import registry
from owed.claiming import claim
from tests.proof import samples
from tests.proof.ledger import owe, select, standing
from tests.proof.processes import Actor
from tests.proof.threads import Elsewhere, uncommitted
from tests.waiting import wait_until

RATE = 14
PROCESSES = 3
pytestmark = [pytest.mark.covers("T6"), pytest.mark.timeout(400)]


def calls() -> int:
    number: int = select("SELECT count(*) FROM proof_rated")[0][0]
    return number


def most_in_a_second() -> int:
    """Return how many there were in the second that had the most of them."""
    counted = """
    SELECT max((SELECT count(*) FROM proof_rated AS other WHERE other.at - each.at BETWEEN '0' AND '999999 microseconds'))
    FROM proof_rated AS each
    """
    number: int = select(counted)[0][0]
    return number


class TestFourteenASecond:
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("number", "restarts"), [(40, 1), pytest.param(700, 6, marks=pytest.mark.slow)], ids=["short", "long"]
    )
    def test_is_kept_by_three_processes_that_are_killed_and_started_again(
        self, actor: Actor, number: int, restarts: int
    ) -> None:
        owe(*(samples.rated.si(n=n) for n in range(number)))
        for restart in range(1, restarts + 1):
            workers = [actor.start("work") for _ in range(PROCESSES)]
            enough = number * restart // (restarts + 1)
            wait_until(lambda enough=enough: calls() >= enough, 200)  # type: ignore[misc]
            for each in workers:
                each.signal(signal.SIGKILL)
                each.wait()
        workers = [actor.start("work") for _ in range(PROCESSES)]
        wait_until(lambda: calls() >= number - PROCESSES * restarts, 200)
        assert most_in_a_second() <= RATE
        most_attempts = select("SELECT max(attempt) FROM effects_effect")[0][0]
        assert most_attempts <= 1 + restarts


def take(pk: int) -> list[int]:
    return [each.id for each in claim(registry.get("proof.single"), [pk], uuid4())]


class TestTwoClaims:
    def test_do_not_take_the_last_slot_both(self) -> None:
        first, second = owe(samples.single.si(n=1), samples.single.si(n=2))
        with uncommitted(partial(take, first)) as mine:
            other = Elsewhere(partial(take, second))
            other.await_blocked()
        assert (mine, other.result()) == ([first], [])
        assert standing(second) == ("waiting", 0)
