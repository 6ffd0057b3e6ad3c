"""A hint that names many single effects: each claimed before its own body, each fenced, and no innocent pays for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from owed import Signature, crash, registry, settling
from owed.claiming import claim
from owed.models import Effect
from owed.running import Report, run
from owed.sweeping import sweep
from owed.waker import Hint, waker
from tests.proof import samples
from tests.proof.ledger import applied, called, execute, owe, pass_time, recover, select, standing
from tests.proof.processes import Actor
from tests.proof.threads import Elsewhere, held_at
from tests.waiting import wait_until

pytestmark = pytest.mark.covers("X5")
Make = Callable[[int], Signature]
either_kind = pytest.mark.parametrize(
    "make", [lambda n: samples.apply.si(n=n), lambda n: samples.call.si(n=n)], ids=["atomic", "external"]
)


def owe_many(make: Make, number: int = 5) -> list[int]:
    return owe(*(make(n) for n in range(number)))


def follow(ids: Sequence[int]) -> Report:
    """Do what one hint names, as a worker does."""
    task = Effect.objects.get(pk=ids[0]).task
    return run(registry.get(task), ids, uuid4())


def ends(ids: Sequence[int]) -> list[tuple[str, int]]:
    return [standing(pk) for pk in ids]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one hint take all it names, however busy the machine is."""
    monkeypatch.setattr("owed.work.SLICE", 60.0)


@pytest.mark.usefixtures("unhurried")
class TestEach:
    @either_kind
    def test_is_claimed_and_counted_before_its_body_and_no_other_beside_it(self, make: Make) -> None:
        """Read over another connection while each body runs: what is not committed does not count."""
        ids = owe_many(make)
        seen: list[list[tuple[str, int]]] = []

        def look() -> None:
            thread = Thread(target=lambda: seen.append(elsewhere(ids)))
            thread.start()
            thread.join()

        samples.meetings[:] = [look] * len(ids)
        follow(ids)
        assert seen == [
            [("done", 1)] * place + [("running", 1)] + [("ready", 0)] * (len(ids) - place - 1) for place in range(len(ids))
        ]
        assert ends(ids) == [("done", 1)] * len(ids)

    @either_kind
    @pytest.mark.parametrize("end", ["fail", "later", "give up"])
    def test_ends_in_its_own_way(self, make: Make, end: str) -> None:
        ids = owe_many(make)
        samples.outcomes[2] = end
        report = follow(ids)
        assert report.done == [*ids[:2], *ids[3:]]
        assert [pk for pk, _ in report.waiting + report.dead] == [ids[2]]
        assert {attempt for _, attempt in ends(ids)} == {1}

    @either_kind
    def test_is_done_once_though_the_hint_comes_three_times_and_at_once(self, make: Make) -> None:
        ids = owe_many(make, 20)
        workers = [Elsewhere(partial(follow, order)) for order in (ids, ids[::-1], ids)]
        reports = [worker.result() for worker in workers]
        assert sorted(pk for report in reports for pk in report.done) == ids
        assert ends(ids) == [("done", 1)] * 20

    def test_costs_a_late_copy_of_the_hint_two_statements(self) -> None:
        ids = owe_many(lambda n: samples.apply.si(n=n), 20)
        follow(ids)
        said: list[str] = []

        def note(execute: Callable[..., object], statement: str, *rest: object) -> object:
            said.append(statement)
            return execute(statement, *rest)

        with connection.execute_wrapper(note):
            assert not run(registry.get("proof.apply"), ids, uuid4()).claimed
        assert len(said) == 2

    @either_kind
    def test_that_another_worker_took_over_is_lost_and_the_next_one_is_not(self, make: Make) -> None:
        ids = owe_many(make, 3)
        with held_at("after-claim" if make(0).effect.kind == "atomic" else "after-body") as gate:
            worker = Elsewhere(partial(follow, ids))
            gate.await_arrival()
            pass_time()
            sweep()
            gate.open()
            report = worker.result()
        assert (report.lost, report.done) == (ids[:1], ids[1:])
        assert ends(ids) == [("ready", 1), ("done", 1), ("done", 1)]


@pytest.mark.usefixtures("unhurried")
class TestAPause:
    @either_kind
    def test_in_the_middle_of_a_hint_lets_the_next_not_begin(self, make: Make) -> None:
        ids = owe_many(make, 3)
        insert = "INSERT INTO effects_pause (queue, task, reason, decided_by, since) VALUES ('', %s, '-', '-', now())"
        samples.meetings[:] = [lambda: Elsewhere(lambda: execute(insert, [make(0).effect.name])).result()]
        try:
            assert follow(ids).done == ids[:1]
        finally:
            execute("DELETE FROM effects_pause")
        assert ends(ids[1:]) == [("ready", 0)] * 2


class TestWhatIsNotCommitted:
    @pytest.mark.usefixtures("unhurried")
    def test_claims_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The end of the first goes back at the last moment, with the claim of the second, which then runs all the same."""
        ids = owe_many(lambda n: samples.apply.si(n=n), 3)
        errors = [ValueError("at the last moment")]

        def once() -> None:
            if errors:
                raise errors.pop()

        monkeypatch.setitem(crash.held, "before-finish-commit", once)
        report = follow(ids)
        assert [pk for pk, _ in report.waiting] == ids[:1]
        assert report.done == ids[1:]
        assert ends(ids) == [("waiting", 1), ("done", 1), ("done", 1)]

    def test_claims_nothing_even_where_no_time_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ids = owe(*(samples.stumble.si(n=n, deed="dawdle" if n == 1 else "none") for n in range(3)))
        errors = [ValueError("at the last moment")]

        def once() -> None:
            if errors:
                raise errors.pop()

        monkeypatch.setitem(crash.held, "before-finish-commit", once)
        report = follow(ids)
        assert (report.done, report.lost) == ([ids[1]], [])
        assert ends(ids) == [("waiting", 1), ("done", 1), ("ready", 0)]

    @pytest.mark.usefixtures("unhurried")
    def test_of_a_caller_that_may_go_back_claims_one_by_one(self) -> None:
        ids = owe_many(lambda n: samples.apply.si(n=n), 3)
        with transaction.atomic():
            assert follow(ids).done == ids
            transaction.set_rollback(True)
        assert ends(ids) == [("ready", 0)] * 3


@pytest.mark.usefixtures("unhurried")
class TestAHookThatRaisesAfterTheCommit:
    def test_costs_the_next_effect_nothing(self) -> None:
        ids = owe_many(lambda n: samples.apply.si(n=n), 3)

        def stumble() -> None:
            raise ValueError("after the commit")

        samples.meetings[:] = [lambda: transaction.on_commit(stumble)]
        follow(ids)
        assert ends(ids) == [("done", 1)] * 3
        assert applied() == [0, 1, 2]


class TestAKilledChild:
    @pytest.mark.covers("X12")
    def test_leaves_one_attempt_counted_and_the_others_ready(self, actor: Actor) -> None:
        ids = owe(*(samples.stumble.si(n=n, deed="be killed" if n == 2 else "none") for n in range(5)))
        assert actor("run", "proof.stumble", *ids) == -9
        assert ends(ids) == [("done", 1)] * 2 + [("running", 1)] + [("ready", 0)] * 2
        recover()
        assert ends(ids) == [("done", 1)] * 2 + [("done", 2)] + [("done", 1)] * 2
        assert applied() == list(range(5))

    def test_between_two_effects_bills_the_one_that_it_had_claimed(self, actor: Actor) -> None:
        ids = owe_many(lambda n: samples.call.si(n=n), 3)
        assert actor("run", "proof.call", *ids, crash_at="after-finish-commit") == 137
        assert ends(ids) == [("done", 1), ("running", 1), ("ready", 0)]
        recover()
        assert [n for n, _ in select("SELECT n, count(*) FROM proof_called GROUP BY n ORDER BY n")] == [0, 1, 2]
        assert len(called()) == 3


@pytest.mark.usefixtures("unhurried")
class TestALostConnection:
    @pytest.mark.covers("X9")
    @pytest.mark.parametrize("point", ["after-claim", "after-body", "after-finish-commit"])
    def test_in_the_middle_of_a_hint_of_calls_repeats_none(self, point: str) -> None:
        ids = owe_many(lambda n: samples.call.si(n=n))
        with held_at(point) as gate:
            worker = Elsewhere(partial(follow, ids))
            gate.await_arrival()
            execute("SELECT pg_terminate_backend(%s, 10000)", [worker.pid])
            gate.open()
            worker.result()
        recover()
        assert sorted(called()) == sorted((f"e{pk}", attempt) for pk, attempt in zip(ids, attempts(ids), strict=True))

    @pytest.mark.covers("X9")
    def test_that_hides_the_answer_repeats_no_call(self) -> None:
        """The database did what it was asked, and the answer was lost: nothing is called again, also when time has passed."""
        ids = owe_many(lambda n: samples.call.si(n=n), 3)
        lost: list[str] = []

        def lose(execute: Callable[..., object], statement: str, *rest: object) -> object:
            done = execute(statement, *rest)
            if "WITH finished" in statement and not lost:
                lost.append(statement)
                raise OperationalError("the connection is gone")
            return done

        with connection.execute_wrapper(lose):
            report = follow(ids)
        assert lost
        assert ids[0] in report.done
        recover()
        assert sorted({n for _, n in keys()}) == [0, 1, 2]
        assert len(keys()) == 3

    def test_of_an_atomic_effect_is_one_try_of_that_effect(self) -> None:
        ids = owe_many(lambda n: samples.apply.si(n=n))
        with held_at("after-body") as gate:
            worker = Elsewhere(partial(follow, ids))
            gate.await_arrival()
            execute("SELECT pg_terminate_backend(%s, 10000)", [worker.pid])
            gate.open()
            report = worker.result()
        assert [pk for pk, _ in report.waiting] == ids[:1]
        assert report.done == ids[1:]
        recover()
        assert applied() == list(range(5))


class TestTheRest:
    def test_is_left_unclaimed_and_rung_again_after_half_a_second(self, rung: list[Hint]) -> None:
        ids = owe(*(samples.stumble.si(n=n, deed="dawdle") for n in range(3)))
        assert follow(ids).done == ids[:1]
        assert ends(ids[1:]) == [("ready", 0)] * 2
        assert waker.wait_idle(5)
        wait_until(lambda: {pk for hint in rung for pk in hint.ids} == set(ids[1:]))

    def test_of_effects_with_a_key_is_claimed_in_turn(self) -> None:
        ids = owe(*(samples.serial.si(n=n, subject=1 if n in (0, 2) else n + 1) for n in range(4)))
        [first] = claim(registry.get("proof.serial"), ids[:1], uuid4())
        assert follow(ids[1:]).done == [ids[1], ids[3]]
        assert ends(ids) == [("running", 1), ("done", 1), ("waiting", 0), ("done", 1)]
        settling.finish([first])
        recover()
        assert applied() == [1, 2, 3]


def attempts(ids: Sequence[int]) -> list[int]:
    return [attempt for _, attempt in ends(ids)]


def keys() -> list[tuple[str, int]]:
    return [(key, n) for key, n in select("SELECT key, n FROM proof_called")]


def elsewhere(ids: Sequence[int]) -> list[tuple[str, int]]:
    try:
        return ends(ids)
    finally:
        connection.close()
