"""A set under two workers at once, and under processes that die: each member counts once, and what follows is owed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from owed import Signature, counting, dead_letters, record, registry
from owed.models import Effect, EffectSet
from owed.running import run
from owed.sweeping import sweep
from tests.proof import samples
from tests.proof.ledger import effect, execute, pass_time, recover, run_one, select, standing
from tests.proof.processes import Actor
from tests.proof.threads import Elsewhere, uncommitted

pytestmark = pytest.mark.covers("T6")
DEAD = 137
AFTER = samples.call.si(n=99)
KINDS: list[Callable[[int], Signature]] = [
    lambda n: samples.apply.si(n=n),
    lambda n: samples.call.si(n=n),
    lambda n: samples.together.si(post_id=n),
]
each_kind = pytest.mark.parametrize("signature", KINDS, ids=["atomic", "external", "batch"])


def owed(*signatures: Signature, then: Signature = AFTER) -> tuple[int, list[int]]:
    """Owe a set. Return its id, and those of its members."""
    with transaction.atomic():
        made = record(*signatures, then=then)
    assert made.then is not None
    return made.then, sorted(made.ids)


def outstanding(pk: int) -> int:
    return EffectSet.objects.get(pk=pk).outstanding


def is_owed(pk: int) -> bool:
    return Effect.objects.filter(pk=pk).exists()


class TestTheLastTwo:
    @each_kind
    def test_settled_at_the_same_moment_both_count(self, signature: Callable[[int], Signature]) -> None:
        pk, (first, second) = owed(signature(1), signature(2))
        with uncommitted(partial(run_one, first)):
            other = Elsewhere(partial(run_one, second))
            other.await_blocked()
        assert other.result().done == [second]
        assert (outstanding(pk), is_owed(pk)) == (0, True)
        recover()
        assert standing(pk) == ("done", 1)

    def test_count_where_the_first_is_taken_back(self) -> None:
        pk, (first, second) = owed(KINDS[0](1), KINDS[0](2))
        with uncommitted(partial(run_one, first), commit=False):
            other = Elsewhere(partial(run_one, second))
            other.await_blocked()
        other.result()
        assert (outstanding(pk), is_owed(pk)) == (1, False)
        recover()
        assert standing(pk) == ("done", 1)

    def test_one_of_them_retried_at_that_moment_is_waited_for(self) -> None:
        pk, (first, second) = owed(KINDS[0](1), KINDS[0](2))
        samples.outcomes[1] = "give up"
        run_one(first)
        samples.outcomes.clear()
        with uncommitted(partial(dead_letters.replay, [first])):
            other = Elsewhere(partial(run_one, second))
            other.await_blocked()
        other.result()
        assert (outstanding(pk), is_owed(pk)) == (1, False)
        run_one(first)
        assert is_owed(pk)

    def test_settled_by_a_worker_and_by_the_sweeper_both_count(self) -> None:
        pk, (first, second) = owed(KINDS[0](1), KINDS[0](2))
        execute("UPDATE effects_effect SET state = 'running', attempt = 3 WHERE id = %s", [first])
        execute("UPDATE effects_effect SET wake_at = now() - interval '1 day' WHERE id = %s", [first])
        with uncommitted(partial(run_one, second)):
            other = Elsewhere(sweep)
            other.await_blocked()
        assert [hint.ids for hint in other.result().hints] == [(pk,)]
        assert standing(first) == ("dead", 3)


class TestAHint:
    @each_kind
    def test_of_several_counts_each_also_where_the_next_is_claimed_with_its_end(
        self, signature: Callable[[int], Signature]
    ) -> None:
        pk, ids = owed(*(signature(n) for n in range(4)))
        report = run(registry.get(signature(1).effect.name), ids[:3], uuid4())
        assert sorted(report.done) == ids[:3]
        assert outstanding(pk) == 1
        run_one(ids[3])
        assert is_owed(pk)


class TestTwoBatches:
    def test_with_members_of_the_same_sets_wait_for_each_other_in_one_order(self) -> None:
        one, mine = owed(*(KINDS[2](n) for n in range(4)))
        two, others = owed(*(KINDS[2](n) for n in range(4, 8)))
        batches = [[*mine[:2], *others[:2]], [*others[2:], *mine[2:]]]
        with uncommitted(lambda: select("SELECT id FROM effects_set WHERE id = %s FOR UPDATE", [one])):
            both = [Elsewhere(partial(run, registry.get("proof.together"), ids, uuid4())) for ids in batches]
            for each in both:
                each.await_blocked()
            # Neither has the second while it waits for the first: a deadlock would need that.
            assert select("SELECT id FROM effects_set WHERE id = %s FOR UPDATE NOWAIT", [two]) == [(two,)]
        assert sorted(pk for each in both for pk in each.result().done) == sorted([*mine, *others])
        assert (is_owed(one), is_owed(two)) == (True, True)


class TestARecount:
    def test_leaves_a_set_that_is_counted_at_that_moment(self) -> None:
        pk, (first, second) = owed(KINDS[0](1), KINDS[0](2))
        with uncommitted(partial(run_one, first)):
            assert Elsewhere(partial(counting.recount, 0.0)).result() == 0
        assert outstanding(pk) == 1
        with uncommitted(partial(counting.recount, 0.0)):
            other = Elsewhere(partial(run_one, second))
            other.await_blocked()
        other.result()
        assert (outstanding(pk), is_owed(pk)) == (0, True)


class TestADeath:
    @each_kind
    @pytest.mark.parametrize("point", ["before-count", "after-claim", "after-body", "after-finish-commit"])
    def test_of_a_worker_counts_no_member_twice_and_leaves_none_out(
        self, actor: Actor, point: str, signature: Callable[[int], Signature]
    ) -> None:
        pk, ids = owed(signature(1), signature(2))
        assert actor("run", signature(1).effect.name, *ids, crash_at=point) == DEAD
        assert outstanding(pk) == Effect.objects.filter(member_of=pk, finished_at=None).count()
        recover()
        assert standing(pk) == ("done", 1)
        assert (outstanding(pk), Effect.objects.count()) == (0, 3)

    @each_kind
    def test_before_the_last_is_counted_keeps_neither_its_end_nor_the_count(
        self, actor: Actor, signature: Callable[[int], Signature]
    ) -> None:
        pk, ids = owed(signature(1))
        assert actor("run", signature(1).effect.name, *ids, crash_at="before-count") == DEAD
        assert (standing(ids[0]), outstanding(pk)) == (("running", 1), 1)
        recover()
        assert standing(pk) == ("done", 1)

    def test_while_giving_up_counts_once(self, actor: Actor) -> None:
        pk, ids = owed(KINDS[1](1))
        assert actor("run_told", "give up", "proof.call", *ids, crash_at="before-count") == DEAD
        assert (standing(ids[0]), is_owed(pk)) == (("running", 1), False)
        recover()
        assert standing(pk) == ("done", 1)

    def test_of_the_whole_process_after_the_last_leaves_what_follows_to_the_sweeper(self, actor: Actor) -> None:
        pk, ids = owed(KINDS[0](1))
        assert actor("run", "proof.apply", *ids, crash_at="after-finish-commit") == DEAD
        assert standing(pk) == ("ready", 0)
        pass_time()
        assert [hint.ids for hint in sweep().hints] == [(pk,)]
        assert effect(pk).args == {"n": 99}
