"""The database is a neighbour too: it dies, refuses, picks victims; what was owed is done once all the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from owed import Signature
from owed.waker import Hint
from tests.proof import samples
from tests.proof.ledger import applied, called, effect, execute, follow, owe, recover, run_one, select, standing
from tests.proof.threads import PATIENCE, Elsewhere, Gate, held_at

pytestmark = pytest.mark.covers("X5", "G5")


def kill_backend(pid: int) -> None:
    execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


class TestABackendThatIsKilled:
    def test_in_the_body_takes_the_writes_with_it(self) -> None:
        [pk] = owe(samples.stumble.si(n=1, deed="lose the database"))
        assert run_one(pk).waiting
        assert (standing(pk), applied()) == (("waiting", 1), [])
        recover()
        assert (standing(pk), applied()) == (("done", 2), [1])

    def test_in_the_body_of_a_call_is_a_failed_call(self) -> None:
        [pk] = owe(samples.stumble_outside.si(n=1, deed="lose the database"))
        assert run_one(pk).waiting
        recover()
        assert called() == [(f"e{pk}", 1), (f"e{pk}", 2)]
        assert standing(pk) == ("done", 2)

    @pytest.mark.parametrize("point", ["after-claim", "after-body", "before-finish-commit"])
    @pytest.mark.parametrize("signature", [samples.apply.si(n=1), samples.together.si(post_id=1)], ids=lambda s: s.effect.name)
    def test_anywhere_in_an_atomic_effect_is_one_try(self, signature: Signature, point: str) -> None:
        [pk] = owe(signature)
        with held_at(point) as gate:
            worker = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            kill_backend(worker.pid)
            gate.open()
            assert worker.result().waiting
        assert (standing(pk), applied()) == (("waiting", 1), [])
        recover()
        assert (standing(pk), applied()) == (("done", 2), [1])

    @pytest.mark.covers("X9")
    def test_between_claim_and_finish_of_a_call_repeats_no_call(self) -> None:
        [pk] = owe(samples.call.si(n=1))
        with held_at("after-body") as gate:
            worker = Elsewhere(partial(run_one, pk))
            gate.await_arrival()
            kill_backend(worker.pid)
            gate.open()
            assert worker.result().done == [pk]
        assert called() == [(f"e{pk}", 1)]

    def test_at_the_first_statement_of_a_run_is_not_even_noticed(self) -> None:
        first, second = owe(samples.apply.si(n=1), samples.apply.si(n=2))
        gate = Gate()

        def two_runs() -> list[list[int]]:
            [before] = follow([Hint("proof.apply", (first,))])
            gate()
            [after] = follow([Hint("proof.apply", (second,))])
            return [before.done, after.done]

        worker = Elsewhere(two_runs)
        gate.await_arrival()
        kill_backend(worker.pid)
        gate.open()
        assert worker.result() == [[first], [second]]


class TestAVictim:
    def test_of_a_deadlock_tries_again(self) -> None:
        execute("INSERT INTO proof_document (n) VALUES (1), (2)")
        pair = owe(samples.count_both.si(first=1, second=2), samples.count_both.si(first=2, second=1))
        samples.meetings[:] = [Barrier(2, timeout=PATIENCE).wait] * 2
        workers = [Elsewhere(partial(run_one, pk)) for pk in pair]
        reports = [worker.result() for worker in workers]
        assert sorted(len(report.done) for report in reports) == [0, 1]
        [victim] = [pk for report in reports for pk, _ in report.waiting]
        assert "deadlock detected" in effect(victim).error
        recover()
        assert select("SELECT version FROM proof_document ORDER BY n") == [(2,), (2,)]

    def test_of_a_serialisation_failure_tries_again(self) -> None:
        execute("INSERT INTO proof_document (n) VALUES (1)")
        [pk] = owe(samples.count.si(n=1))
        gate = Gate()
        samples.meetings[:] = [gate]

        def run_strictly() -> bool:
            execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return bool(run_one(pk).waiting)

        worker = Elsewhere(run_strictly)
        gate.await_arrival()
        execute("UPDATE proof_document SET version = 10")
        gate.open()
        assert worker.result()
        assert "could not serialize access" in effect(pk).error
        recover()
        assert select("SELECT version FROM proof_document") == [(11,)]

    def test_of_the_statement_timeout_tries_again(self) -> None:
        [pk] = owe(samples.stumble.si(n=1, deed="linger"))
        run_one(pk)
        assert "statement timeout" in effect(pk).error
        recover()
        assert (standing(pk), applied()) == (("done", 2), [1])


class TestTooManyConnections:
    @pytest.fixture
    def role(self) -> Iterator[str]:
        """Somebody who may have one connection at a time."""
        role = f"limited_{connection.settings_dict['NAME']}"
        execute(
            f'CREATE ROLE "{role}" LOGIN PASSWORD %s CONNECTION LIMIT 1 IN ROLE pg_read_all_data, pg_write_all_data', [role]
        )
        yield role
        execute(f'DROP ROLE "{role}"')

    def test_leave_the_effect_for_later(self, role: str) -> None:
        first, second = owe(samples.apply.si(n=1), samples.apply.si(n=2))
        with held_at("after-body") as gate:
            lucky = Elsewhere(partial(run_as, role, first))
            gate.await_arrival()
            with pytest.raises(OperationalError, match="too many connections"):
                Elsewhere(partial(run_as, role, second)).result()
            gate.open()
            assert lucky.result() == [first]
        assert standing(second) == ("ready", 0)
        assert Elsewhere(partial(run_as, role, second)).result() == [second]
        assert applied() == [1, 2]


def run_as(role: str, pk: int) -> list[int]:
    connection.close()
    connection.settings_dict = {**connection.settings_dict, "USER": role, "PASSWORD": role}
    return run_one(pk).done
