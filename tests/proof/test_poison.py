"""Effects that kill, hang or fill the process that runs them: tried as often as allowed, then dead, beside the living."""

from __future__ import annotations

import signal

import pytest

from owed.sweeping import sweep
from tests.proof import samples
from tests.proof.ledger import applied, effect, owe, pass_time, recover, select, standing
from tests.proof.processes import Actor
from tests.waiting import wait_until

pytestmark = pytest.mark.covers("X12", "X5")
IN_THE_BODY = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE 'INSERT INTO proof_applied%%'
"""


class TestPoison:
    @pytest.mark.parametrize(
        ("deed", "code", "error"),
        [
            ("be killed", -signal.SIGKILL, "lease expired"),
            ("segfault", -signal.SIGSEGV, "lease expired"),
            ("leave", 3, "lease expired"),
            ("fill memory", 0, "MemoryError"),
            ("recurse", 0, "RecursionError"),
        ],
    )
    def test_is_tried_as_often_as_allowed_and_then_dead(self, actor: Actor, deed: str, code: int, error: str) -> None:
        [pk] = owe(samples.misbehave.si(n=1, deed=deed))
        for _ in range(effect(pk).max_attempts):
            assert actor("run", "proof.misbehave", pk) == code
            pass_time()
            sweep()
        assert (effect(pk).state, effect(pk).attempt, effect(pk).outcome) == ("dead", 2, "out of tries")
        assert error in effect(pk).error
        assert applied() == []

    @pytest.mark.covers("E16")
    def test_in_a_batch_costs_its_neighbours_one_try(self, actor: Actor) -> None:
        ids = owe(*(samples.misbehave_together.si(post_id=n) for n in range(10, 20)))
        assert actor("run", "proof.misbehave_together", *ids) == -signal.SIGKILL
        assert applied() == []
        pass_time()
        hints = sweep().hints
        assert sorted(len(hint.ids) for hint in hints) == [1] * 10
        assert [actor("run", hint.task, *hint.ids) for hint in hints].count(0) == 9
        assert applied() == [n for n in range(10, 20) if n != 13]
        pass_time()
        sweep()
        [dead] = select("SELECT args ->> 'post_id' FROM effects_effect WHERE state = 'dead'")
        assert dead == ("13",)


class TestAnEndlessLoop:
    @pytest.mark.covers("X7")
    def test_is_left_at_the_soft_limit_and_counted_as_a_failure(self, actor: Actor) -> None:
        [pk] = owe(samples.stumble.si(n=1, deed="spin"))
        child = actor.start("run", "proof.stumble", pk)
        wait_until(lambda: select(IN_THE_BODY))
        child.signal(signal.SIGUSR1)
        assert child.wait() == 0
        assert (standing(pk), applied()) == (("waiting", 1), [])
        assert effect(pk).error == "SoftTimeLimitExceeded: SoftTimeLimitExceeded()"
        recover()
        assert (standing(pk), applied()) == (("done", 2), [1])

    def test_that_hears_no_signal_is_killed_and_its_lease_ends(self, actor: Actor) -> None:
        [pk] = owe(samples.stumble.si(n=1, deed="spin"))
        child = actor.start("run", "proof.stumble", pk)
        wait_until(lambda: select(IN_THE_BODY))
        child.signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert standing(pk) == ("running", 1)
        recover()
        assert (standing(pk), applied()) == (("done", 2), [1])


class TestAFrozenProcess:
    def test_gives_its_row_back_and_undoes_its_work_when_it_thaws(self, actor: Actor) -> None:
        """Past its lease it still holds the row; the database ends its idle transaction after the effect's timeout."""
        [pk] = owe(samples.stumble.si(n=1, deed="freeze"))
        child = actor.start("run_overdue", "proof.stumble", pk)
        child.await_freeze()
        wait_until(lambda: sweep().ready)
        assert (standing(pk), applied()) == (("ready", 1), [])
        recover()
        child.signal(signal.SIGCONT)
        assert child.wait() == 0
        assert (standing(pk), applied()) == (("done", 2), [1])
        assert select("SELECT attempt FROM proof_applied") == [(2,)]

    @pytest.mark.covers("X9", "X7")
    def test_that_called_outside_cannot_close_what_another_took_over(self, actor: Actor) -> None:
        [pk] = owe(samples.stumble_outside.si(n=1, deed="freeze"))
        child = actor.start("run", "proof.stumble_outside", pk)
        child.await_freeze()
        recover()
        closed = effect(pk)
        child.signal(signal.SIGCONT)
        assert child.wait() == 0
        assert effect(pk).finished_at == closed.finished_at
        assert select("SELECT key, attempt FROM proof_called ORDER BY attempt") == [(f"e{pk}", 1), (f"e{pk}", 2)]
