"""Rates and concurrency: no more than was declared, and what waits costs no run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from owed import Declaration, Later, limits, record, registry
from owed.claiming import Claimed, claim
from owed.models import Effect, LimitTurn, Slot
from owed.running import run
from owed.sweeping import sweep
from owed.testing import drain
from owed.waker import pack

pytestmark = pytest.mark.django_db


@pytest.fixture
def declared() -> Iterator[Any]:
    """Return a function that declares an effect with limits and binds a body."""
    names: list[str] = []

    def declare(name: str = "limited.call", **how: Any) -> Declaration[Any]:
        def call(*, n: int) -> None:
            if n < 0:
                raise Later(timedelta(hours=1))

        effect = Declaration(name=name, takes=call, **{"kind": "external", "timeout": 5, **how})
        registry.declare(effect)
        registry.bind(effect, call)
        names.append(name)
        return effect

    yield declare
    for name in names:
        registry.drop(name)


def owe(effect: Declaration[Any], *numbers: int) -> list[int]:
    with transaction.atomic():
        return sorted(record(*(effect.si(n=n) for n in numbers)).ids)


def take(effect: Declaration[Any], *ids: int) -> list[Claimed]:
    return [each for pk in ids for each in claim(effect, [pk], uuid4())]


def end(claimed: Claimed) -> None:
    limits.give_back(None, claimed)


def pass_time(seconds: float) -> None:
    Slot.objects.update(free_at=F("free_at") - timedelta(seconds=seconds))


class TestAtMost:
    def test_lets_no_more_begin_than_it_says(self, declared: Any) -> None:
        effect = declared(at_most=2)
        ids = owe(effect, *range(5))
        running = take(effect, *ids)
        assert [each.id for each in running] == ids[:2]
        end(running[0])
        Effect.objects.filter(state="waiting").update(state="ready")
        assert len(take(effect, *ids)) == 1

    def test_counts_apart_by_an_argument_or_what_a_function_says(self, declared: Any) -> None:
        effect = declared(at_most=1, by="n")
        assert len(take(effect, *owe(effect, 1, 1, 2))) == 2
        other = declared("limited.other", at_most=1, by=lambda *, n: "odd" if n % 2 else "even")
        assert len(take(other, *owe(other, 1, 3, 5, 2))) == 2

    def test_shares_one_hint_out(self, declared: Any) -> None:
        effect = declared(at_most=2)
        ids = owe(effect, *range(5))
        assert [each.id for each in claim(effect, ids, uuid4())] == ids[:2]

    def test_gives_a_slot_back_however_the_attempt_ends(self, declared: Any) -> None:
        effect = declared(at_most=1)
        [later, next_one] = owe(effect, -1, 1)
        assert run(effect, [later], uuid4()).waiting != []
        assert run(effect, [next_one], uuid4()).done == [next_one]

    def test_gives_the_slot_of_a_dead_worker_back_after_its_lease(self, declared: Any) -> None:
        effect = declared(at_most=1)
        first, second = owe(effect, 1, 2)
        take(effect, first)
        pass_time(effect.lease - 1)
        assert take(effect, second) == []
        pass_time(1)
        Effect.objects.filter(pk=second).update(state="ready")
        assert len(take(effect, second)) == 1


class TestARate:
    def test_counts_until_a_period_after_the_end(self, declared: Any) -> None:
        effect = declared(rate="2/min")
        ids = owe(effect, *range(4))
        for each in take(effect, *ids):
            end(each)
        Effect.objects.filter(state="waiting").update(state="ready")
        assert take(effect, *ids) == []
        Effect.objects.filter(state="waiting").update(state="ready")
        pass_time(61)
        assert len(take(effect, *ids)) == 2

    def test_is_kept_beside_at_most(self, declared: Any) -> None:
        effect = declared(rate="3/min", at_most=2)
        assert len(take(effect, *owe(effect, *range(5)))) == 2

    @pytest.mark.parametrize(
        "wrong", [{"rate": "fast"}, {"rate": "0/s"}, {"rate": "1/s", "batch": 5, "kind": "atomic"}, {"at_most": 1, "by": "m"}]
    )
    def test_says_what_it_takes(self, declared: Any, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"rate|batch|by"):
            declared(**wrong)


class TestWhatWaitsForItsTurn:
    def test_has_no_attempt_and_one_turn_after_the_other(self, declared: Any) -> None:
        effect = declared(rate="2/s")
        ids = owe(effect, *range(42))
        take(effect, *ids)
        waiting = list(Effect.objects.filter(state="waiting").order_by("pk"))
        assert len(waiting) == 40
        assert {each.attempt for each in waiting} == {0}
        turns = [each.wake_at for each in waiting]
        assert turns == sorted(turns)
        spread = (turns[-1] - timezone.now()).total_seconds()
        assert 15 < spread < 35

    def test_looks_again_at_once_when_its_turn_has_come(self, declared: Any) -> None:
        effect = declared(rate="1/h")
        first, second = owe(effect, 1, 2)
        take(effect, first, second)
        Effect.objects.filter(pk=second).update(wake_at=timezone.now() - timedelta(seconds=1))
        assert sweep().ready == 1
        assert take(effect, second) == []
        assert Effect.objects.get(pk=second).wake_at < timezone.now() + timedelta(seconds=2)

    def test_is_run_by_tests_at_once(self, declared: Any) -> None:
        effect = declared(rate="1/h")
        owe(effect, *range(5))
        drain()
        assert Effect.objects.filter(state="done").count() == 5

    def test_keeps_its_limits_and_its_key(self, declared: Any) -> None:
        effect = declared(at_most=5, key="n")
        assert len(take(effect, *owe(effect, 1, 1, 2))) == 2

    def test_is_forgotten_a_day_after_it_was_free(self, declared: Any) -> None:
        effect = declared(at_most=1, by="n")
        take(effect, *owe(effect, 1, 1, 2))
        pass_time(86_400 * 2)
        LimitTurn.objects.update(turn_at=F("turn_at") - timedelta(days=2))
        limits.forget()
        assert (Slot.objects.count(), LimitTurn.objects.count()) == (0, 0)

    def test_is_hinted_alone(self, declared: Any) -> None:
        """A hint for several would hold slots for those that have to wait for the first."""
        declared(at_most=2)
        hints = pack(("limited.call", n) for n in range(1_000))
        assert {len(hint.ids) for hint in hints} == {1}
