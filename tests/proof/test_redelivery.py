"""A broker that delivers everything three times, in the wrong order, late, or to several at once."""

from __future__ import annotations

import random
from functools import partial

import pytest
from django.db import transaction

from owed import record
from owed.models import Effect
from owed.waker import Hint, waker
from tests.proof import samples
from tests.proof.ledger import applied, called, follow, select
from tests.proof.threads import Elsewhere

pytestmark = pytest.mark.covers("X5", "X7", "X9", "E2")
NUMBERS = range(12)


def owe_and_ring() -> list[int]:
    with transaction.atomic():
        execute_documents()
        owed = record(
            *(samples.apply.si(n=n) for n in NUMBERS),
            *(samples.together.si(post_id=100 + n) for n in NUMBERS),
            *(samples.call.si(n=n) for n in NUMBERS),
            *(samples.index.si(document_id=n) for n in NUMBERS),
        )
        transaction.on_commit(owed.enqueue, robust=True)
    assert waker.wait_idle(10)
    return sorted(owed.ids)


def execute_documents() -> None:
    for n in NUMBERS:
        samples.put("proof_document", "n, version", [n, n])


def assert_done_once() -> None:
    assert applied() == [*NUMBERS, *(100 + n for n in NUMBERS)]
    calls = Effect.objects.filter(task="proof.call").values_list("pk", flat=True)
    assert sorted(called()) == sorted((f"e{pk}", 1) for pk in calls)
    assert select("SELECT n, version FROM proof_index ORDER BY n") == [(n, n) for n in NUMBERS]
    assert {(each.state, each.attempt) for each in Effect.objects.all()} == {("done", 1)}


class TestHints:
    def test_delivered_three_times_and_in_reverse_do_everything_once(self, rung: list[Hint]) -> None:
        ids = owe_and_ring()
        assert sorted(pk for hint in rung for pk in hint.ids) == ids
        follow([*reversed(rung), *rung, *reversed(rung)])
        assert_done_once()

    def test_that_were_merged_and_split_on_the_way_do_everything_once(self, rung: list[Hint]) -> None:
        owe_and_ring()
        dice = random.Random(7)
        parts = [Hint(hint.task, tuple(dice.sample(hint.ids, dice.randint(1, len(hint.ids))))) for hint in rung * 3]
        follow([*parts, *rung])
        assert_done_once()

    def test_delivered_to_three_workers_at_once_do_everything_once(self, rung: list[Hint]) -> None:
        owe_and_ring()
        orders = [random.Random(seed).sample(rung, len(rung)) for seed in range(3)]
        workers = [Elsewhere(partial(follow, order)) for order in orders]
        claimed = sum(report.claimed for worker in workers for report in worker.result())
        assert claimed == Effect.objects.count()
        assert_done_once()

    def test_for_effects_that_never_were_do_nothing(self) -> None:
        owe_and_ring()
        reports = follow([Hint("proof.apply", (10**12, 10**12 + 1)), Hint("proof.call", (10**12,))])
        assert [report.claimed for report in reports] == [0, 0]
