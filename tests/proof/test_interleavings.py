"""Two connections in every order that matters; the order is made by locks and named points, not by luck."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from owed import Signature, dead_letters, record, registry, settling
from owed.claiming import claim
from owed.models import Effect
from owed.running import Report
from owed.sweeping import sweep
from tests.proof import samples
from tests.proof.ledger import applied, called, effect, execute, follow, owe, pass_time, recover, run_one, select, standing
from tests.proof.threads import Elsewhere, Gate, held_at, uncommitted

pytestmark = pytest.mark.covers("T6")
either_kind = pytest.mark.parametrize("signature", [samples.apply.si(n=1), samples.call.si(n=1)], ids=["atomic", "external"])


def take(*ids: int, task: str = "proof.apply") -> list[int]:
    return [each.id for each in claim(registry.get(task), ids, uuid4())]


def done(report: Report) -> int:
    return len(report.done)


class TestTwoClaims:
    @pytest.mark.covers("X5", "H14")
    def test_of_one_effect_give_it_to_the_first(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        with uncommitted(partial(take, pk)) as mine:
            other = Elsewhere(partial(take, pk))
            other.await_blocked()
        assert (mine, other.result()) == ([pk], [])
        assert standing(pk) == ("running", 1)

    @pytest.mark.covers("X5")
    def test_give_it_to_the_second_when_the_first_dies_uncommitted(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        with uncommitted(partial(take, pk), commit=False):
            other = Elsewhere(partial(take, pk))
            other.await_blocked()
        assert other.result() == [pk]
        assert standing(pk) == ("running", 1)

    @pytest.mark.covers("X5", "P9")
    def test_of_overlapping_hints_share_them_out(self) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in range(10)))
        with uncommitted(partial(take, *ids[:6], task="proof.together")) as mine:
            other = Elsewhere(partial(take, *reversed(ids[4:]), task="proof.together"))
            other.await_blocked()
        assert (mine, other.result()) == (ids[:6], ids[6:])


class TestASweepAndAClaim:
    @pytest.mark.covers("X5")
    def test_of_a_ready_effect_ring_it_at_most_once_more(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        pass_time()
        with uncommitted(partial(take, pk)):
            assert Elsewhere(sweep).result().ready == 0
        assert sweep().ready == 0
        assert standing(pk) == ("running", 1)

    @pytest.mark.covers("X5")
    def test_in_the_other_order_leave_the_effect_to_the_claim(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        pass_time()
        with uncommitted(sweep) as swept:
            other = Elsewhere(partial(take, pk))
            other.await_blocked()
        assert other.result() == [pk]
        assert done(follow(swept.hints)[0]) == 0
        assert standing(pk) == ("running", 1)


class TestASweepAndAFinish:
    """River #1302: a rescue and a completion that met left an effect both finished and owed."""

    @pytest.mark.covers("X5")
    def test_of_an_atomic_effect_past_its_lease_leave_it_to_the_owner(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        with held_at("after-claim") as claimed, held_at("before-finish-commit") as finished:
            owner = Elsewhere(partial(run_one, pk))
            claimed.await_arrival()
            pass_time()
            claimed.open()
            finished.await_arrival()
            assert sweep().ready == 0
            finished.open()
            assert done(owner.result()) == 1
        assert recover() == []
        assert applied() == [1]
        assert standing(pk) == ("done", 1)

    @pytest.mark.covers("X5")
    def test_before_the_owner_holds_the_row_lose_the_owner_and_not_the_effect(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        with held_at("after-claim") as gate:
            owner = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            with uncommitted(sweep):
                gate.open()
                owner.await_blocked()
        assert owner.result().lost == [pk]
        assert (applied(), standing(pk)) == ([], ("ready", 1))
        recover()
        assert (applied(), standing(pk)) == ([1], ("done", 2))

    @pytest.mark.covers("X5")
    def test_of_an_external_effect_count_the_sweep_that_was_first(self) -> None:
        [pk] = owe(samples.call.si(n=1))
        with held_at("after-body") as gate:
            owner = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            with uncommitted(sweep):
                gate.open()
                owner.await_blocked()
        assert owner.result().lost == [pk]
        assert standing(pk) == ("ready", 1)
        recover()
        assert called() == [(f"e{pk}", 1), (f"e{pk}", 2)]

    @pytest.mark.covers("X5")
    def test_of_an_external_effect_count_the_finish_that_was_first(self) -> None:
        [pk] = owe(samples.call.si(n=1))
        [claimed] = claim(registry.get("proof.call"), [pk], uuid4())
        pass_time()
        with uncommitted(partial(settling.finish, [claimed])):
            assert Elsewhere(sweep).result().ready == 0
        assert sweep().ready == 0
        assert standing(pk) == ("done", 1)


OUTLIVES = {"proof.apply": "after-claim", "proof.call": "after-body"}


class TestAZombie:
    @either_kind
    @pytest.mark.covers("X5", "X9")
    def test_cannot_finish_what_another_took_over(self, signature: Signature) -> None:
        [pk] = owe(signature)
        with held_at(OUTLIVES[signature.effect.name]) as gate:
            zombie = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            sweep()
            take(pk, task=signature.effect.name)
            gate.open()
            assert zombie.result().lost == [pk]
        assert standing(pk) == ("running", 2)
        assert applied() == []

    @either_kind
    @pytest.mark.covers("X5", "K13")
    def test_cannot_finish_what_was_buried_replayed_and_taken(self, signature: Signature) -> None:
        [pk] = owe(signature)
        execute("UPDATE effects_effect SET max_attempts = 1")
        with held_at(OUTLIVES[signature.effect.name]) as gate:
            zombie = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            assert sweep().dead == 1
            assert dead_letters.replay([pk]) == 1
            assert take(pk, task=signature.effect.name) == [pk]
            gate.open()
            assert zombie.result().lost == [pk]
        assert standing(pk) == ("running", 2)
        recover()
        assert standing(pk) == ("done", 3)
        assert len(applied() + called()) == (1 if signature.effect.name == "proof.apply" else 2)

    @either_kind
    @pytest.mark.covers("X5", "K13")
    def test_cannot_finish_what_was_replayed_and_waits(self, signature: Signature) -> None:
        [pk] = owe(signature)
        execute("UPDATE effects_effect SET max_attempts = 1")
        with held_at(OUTLIVES[signature.effect.name]) as gate:
            zombie = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            sweep()
            dead_letters.replay([pk])
            gate.open()
            assert zombie.result().lost == [pk]
        assert standing(pk) == ("ready", 1)

    @pytest.mark.parametrize("how", ["fail", "later", "give up"])
    @either_kind
    @pytest.mark.covers("X5")
    def test_cannot_fail_what_another_took_over(self, signature: Signature, how: str) -> None:
        [pk] = owe(signature)
        samples.outcomes[1] = how
        with held_at("mid-fail") as gate:
            zombie = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            sweep()
            take(pk, task=signature.effect.name)
            gate.open()
            assert zombie.result().lost == [pk]
        each = effect(pk)
        assert (each.state, each.attempt, each.max_attempts) == ("running", 2, 3)

    def test_of_an_atomic_effect_does_not_even_begin(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        begun = Gate()
        samples.meetings.append(begun.arrived.set)
        with held_at("after-claim") as gate:
            zombie = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            pass_time()
            sweep()
            gate.open()
            assert zombie.result().lost == [pk]
        assert not begun.arrived.is_set()


class TestALateCommit:
    @pytest.mark.covers("X14", "H4", "P7")
    def test_is_seen_by_the_batch_that_its_own_row_brings(self) -> None:
        """Coalescing at the insert loses this update; coalescing while draining does not."""
        execute("INSERT INTO proof_document (n) VALUES (1)")
        with transaction.atomic():
            execute("UPDATE proof_document SET version = 1 WHERE n = 1")
            record(samples.index.si(document_id=1))
            early = Elsewhere(partial(owe, samples.index.si(document_id=1))).result()
            assert done(Elsewhere(partial(run_one, early[0])).result()) == 1
            assert Elsewhere(partial(select, "SELECT version FROM proof_index")).result() == [(0,)]
        recover()
        assert select("SELECT version FROM proof_index") == [(1,)]

    @pytest.mark.covers("X14")
    def test_is_invisible_to_claim_and_sweep_until_it_is_committed(self) -> None:
        with transaction.atomic():
            [pk] = record(samples.apply.si(n=1)).ids
            pass_time()
            assert Elsewhere(partial(take, pk)).result() == []
            assert Elsewhere(sweep).result().ready == 0
        recover()
        assert applied() == [1]


class TestTwoSweepers:
    @pytest.mark.covers("X5", "H20")
    def test_ring_each_effect_once(self) -> None:
        ids = owe(*(samples.apply.si(n=n) for n in range(10)))
        pass_time()
        with uncommitted(partial(sweep, 6)) as mine:
            theirs = Elsewhere(sweep).result()
        assert (mine.ready, theirs.ready) == (6, 4)
        assert sorted(pk for swept in (mine, theirs) for hint in swept.hints for pk in hint.ids) == ids
        assert sweep().ready == 0

    @pytest.mark.covers("X5")
    def test_count_a_lost_lease_once(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        take(pk)
        pass_time()
        with uncommitted(sweep):
            assert Elsewhere(sweep).result().ready == 0
        assert standing(pk) == ("ready", 1)


class TestTwoSchedulers:
    @pytest.mark.covers("H20", "D12")
    def test_record_a_period_once(self) -> None:
        tick = partial(samples.apply.apply_async, kwargs={"n": 1}, period=86_400)
        with held_at("before-commit") as gate:
            first = Elsewhere(tick)
            gate.await_arrival()
            second = Elsewhere(tick)
            second.await_blocked()
            gate.open()
            assert sorted([len(first.result().ids), len(second.result().ids)]) == [0, 1]
        assert Effect.objects.count() == 1

    @pytest.mark.covers("D12")
    def test_record_it_all_the_same_when_the_first_dies(self) -> None:
        tick = partial(samples.apply.apply_async, kwargs={"n": 1}, period=86_400)
        with uncommitted(tick, commit=False):
            second = Elsewhere(tick)
            second.await_blocked()
        assert len(second.result().ids) == 1
        assert Effect.objects.count() == 1


class TestAReplay:
    @pytest.mark.covers("K13")
    def test_by_two_people_owes_the_effect_once(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        execute("UPDATE effects_effect SET state = 'dead', attempt = 3, finished_at = now()")
        with uncommitted(partial(dead_letters.replay, [pk])) as mine:
            other = Elsewhere(partial(dead_letters.replay, [pk]))
            other.await_blocked()
        assert (mine, other.result()) == (1, 0)
        assert (standing(pk), effect(pk).max_attempts) == (("ready", 3), 23)


def test_a_lease_ends_by_the_databases_clock() -> None:
    [pk] = owe(samples.call.si(n=1))
    take(pk, task="proof.call")
    lease = effect(pk).wake_at - effect(pk).started_at  # type: ignore[operator]
    assert abs(lease - timedelta(seconds=registry.get("proof.call").lease)) < timedelta(seconds=1)
