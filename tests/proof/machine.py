"""The ledger against a model of a few lines, in steps that Hypothesis chooses.

Time moves only where a step moves it: rings and leases are longer than an example, and backoff is set to an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from owed import acting, dead_letters, pausing, record, registry, retry
from owed.claiming import Claimed, claim
from owed.filters import Filter
from owed.models import Effect, EffectSet
from owed.recording import Owed
from owed.running import Report, _alone, run
from owed.sweeping import sweep
from owed.waker import waker
from owed.work import Work
from tests.proof import samples
from tests.proof.ledger import execute, recover, select

SIGNATURES: dict[str, Callable[[int], Any]] = {
    "proof.apply": lambda n: samples.apply.si(n=n),
    "proof.call": lambda n: samples.call.si(n=n),
    "proof.together": lambda n: samples.together.si(post_id=n),
}
TASKS = st.sampled_from(sorted(SIGNATURES))
TRIES = 3
PRIORITIES = st.sampled_from([0, 0, -10, 50])
ENOUGH = 5
FOLLOWS = 100
"""The number of what follows a set is that of its first member, and this."""
ANYONE = acting.Decision(by="a person", reason="as it seemed best")
OUTCOMES = ("", "fail", "later", "give up")


@dataclass
class Row:
    """What the model knows of one committed effect."""

    n: int
    task: str
    state: str = "ready"
    attempt: int = 0
    max_attempts: int = TRIES
    due: bool = False
    finished_at: datetime | None = None
    calls: int = 0
    priority: int = 0

    def claim(self) -> None:
        self.state, self.attempt, self.due = "running", self.attempt + 1, False

    def settle(self, outcome: str) -> None:
        """Take the outcome of the attempt that owns the row."""
        self.due = False
        if outcome == "give up" or (outcome == "fail" and self.attempt >= self.max_attempts):
            self.state = "dead"
        elif outcome:
            self.state = "waiting"
            self.max_attempts += outcome == "later"
        else:
            self.state = "done"

    def sweep(self, *, paused: bool = False) -> None:
        if paused and self.state != "running":
            self.state, self.due = "paused", False
            return
        worn_out = self.state == "running" and self.attempt >= self.max_attempts
        self.state, self.due = ("dead" if worn_out else "ready"), False

    def put_off(self) -> None:
        self.state, self.due = "waiting", False

    def may_end(self, *, begun: bool) -> bool:
        """Return whether a person may discard it, which is for what has begun, or cancel it, which is for what has not."""
        if self.state == "held":
            return begun or not self.attempt
        return (begun and self.state == "dead") or (
            self.state in {"ready", "waiting", "paused"} and bool(self.attempt) == begun
        )

    def end(self) -> None:
        self.state, self.due, self.finished_at = "discarded", False, None

    def replay(self) -> None:
        self.state, self.max_attempts, self.due = "ready", self.attempt + dead_letters.FRESH_TRIES, True
        self.finished_at = None


@dataclass
class Level:
    """A transaction or savepoint that is open: what was recorded in it."""

    atomic: Any
    rows: dict[int, Row] = field(default_factory=dict)
    sets: dict[int, list[int]] = field(default_factory=dict)


class Ledger(RuleBasedStateMachine):
    """One writer on a connection of its own, any number of workers, one sweeper."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = ThreadPoolExecutor(max_workers=1)
        self.levels: list[Level] = []
        self.rows: dict[int, Row] = {}
        self.sets: dict[int, list[int]] = {}
        self.hints: list[int] = []
        self.workers: list[Claimed] = []
        self.numbers = 0
        self.paused = False
        self.patches = [patch.object(waker, "wake", self.ring), patch.object(retry, "backoff", lambda attempt: 3600.0)]
        for each in self.patches:
            each.start()

    @initialize(tasks=st.lists(TASKS, min_size=1, max_size=3))
    def begin(self, tasks: list[str]) -> None:
        """Begin with a few effects that are owed. Few, so that much happens to each."""
        execute("TRUNCATE effects_effect, effects_set, effects_pause, proof_applied, proof_called")
        samples.outcomes.clear()
        self.request(tasks)

    def ring(self, ready: list[tuple[str, int]], *, low: bool = False) -> None:
        self.hints += [pk for _, pk in ready]

    def write(self, call: Callable[[], Any]) -> Any:
        """Do it on the writer's connection."""
        return self.writer.submit(call).result(30)

    @rule(tasks=st.lists(TASKS, min_size=1, max_size=2))
    @precondition(lambda self: not self.levels and self.numbers < ENOUGH)
    def request(self, tasks: list[str]) -> None:
        """Owe and commit, as most requests do."""
        self.open()
        self.owe(tasks)
        self.commit()

    @rule()
    @precondition(lambda self: len(self.levels) < 3)
    def open(self) -> None:
        """Begin a transaction, or a savepoint in it."""
        atomic = transaction.atomic()
        self.write(atomic.__enter__)
        self.levels.append(Level(atomic))

    @rule(tasks=st.lists(TASKS, min_size=1, max_size=2), priority=PRIORITIES)
    @precondition(lambda self: self.levels and self.numbers < ENOUGH)
    def owe(self, tasks: list[str], priority: int = 0) -> None:
        self._owe(tasks, priority)

    @rule(tasks=st.lists(TASKS, min_size=1, max_size=3))
    @precondition(lambda self: self.levels and self.numbers < ENOUGH)
    def owe_a_set(self, tasks: list[str]) -> None:
        """Owe some, and another effect when all of them are settled."""
        ids, then = self._owe(tasks, 0, then=samples.apply.si(n=FOLLOWS + self.numbers))
        assert then is not None
        self.levels[-1].sets[then] = ids

    def _owe(self, tasks: list[str], priority: int, then: Any = None) -> tuple[list[int], int | None]:
        rows = [Row(n=self.numbers + offset, task=task, priority=priority) for offset, task in enumerate(tasks)]
        self.numbers += len(rows)
        owed = self.write(lambda: self._record(rows, then))
        self.levels[-1].rows.update(zip(owed.ids, rows, strict=True))
        return owed.ids, owed.then

    @staticmethod
    def _record(rows: list[Row], then: Any) -> Owed:
        owed = record(*(SIGNATURES[row.task](row.n).set(priority=row.priority) for row in rows), then=then)
        transaction.on_commit(owed.enqueue, robust=True)
        return owed

    @rule()
    @precondition(lambda self: self.levels)
    def commit(self) -> None:
        level = self.levels.pop()
        self.write(lambda: level.atomic.__exit__(None, None, None))
        (self.levels[-1].rows if self.levels else self.rows).update(level.rows)
        (self.levels[-1].sets if self.levels else self.sets).update(level.sets)

    @rule()
    @precondition(lambda self: self.levels)
    def roll_back(self) -> None:
        level = self.levels.pop()
        self.write(lambda: level.atomic.__exit__(RuntimeError, RuntimeError(), None))

    @rule(data=st.data())
    @precondition(lambda self: self.hints)
    def lose_a_hint(self, data: st.DataObject) -> None:
        self.hints.remove(data.draw(st.sampled_from(self.hints)))

    @rule(data=st.data())
    @precondition(lambda self: self.rows)
    def deliver_a_hint(self, data: st.DataObject) -> None:
        """A worker takes an effect. The hint stays: it may come again."""
        pk = data.draw(st.sampled_from(sorted(self.rows)))
        row = self.rows[pk]
        claimed = claim(registry.get(row.task), [pk], uuid4())
        assert bool(claimed) == (row.state == "ready" and not self.paused)
        if claimed:
            row.claim()
            assert claimed[0].attempt == row.attempt
        self.workers += claimed

    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    @precondition(lambda self: self.workers)
    def let_a_worker_end(self, data: st.DataObject, outcome: str) -> None:
        """Run the body and settle, whether the worker still owns the effect or not."""
        claimed = data.draw(st.sampled_from(self.workers))
        self.workers.remove(claimed)
        row, report = self.rows[claimed.id], Report()
        samples.outcomes[row.n] = outcome
        _alone(Work(registry.get(row.task), [], uuid4()), claimed, report)
        if row.task == "proof.call":
            row.calls += 1
        if self._owns(claimed):
            row.settle(outcome)
            assert report.lost == []
        else:
            assert report.lost == [claimed.id]

    @rule(data=st.data(), after_the_call=st.booleans())
    @precondition(lambda self: self.workers)
    def kill_a_worker(self, data: st.DataObject, after_the_call: bool) -> None:
        claimed = data.draw(st.sampled_from(self.workers))
        self.workers.remove(claimed)
        row = self.rows[claimed.id]
        if after_the_call and row.task == "proof.call":
            samples.put("proof_called", "key, n, attempt", [f"e{claimed.id}", row.n, claimed.attempt])
            row.calls += 1

    @rule(data=st.data(), poison=st.booleans())
    @precondition(lambda self: any(row.task == "proof.together" for row in self.rows.values()))
    def run_a_batch(self, data: st.DataObject, poison: bool) -> None:
        """A hint for several effects, one of them perhaps poisoned; some may be taken or done."""
        ids = sorted(pk for pk, row in self.rows.items() if row.task == "proof.together")
        chosen = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        for pk in chosen:
            samples.outcomes[self.rows[pk].n] = "fail" if poison and pk == chosen[0] else ""
        ready = [pk for pk in chosen if self.rows[pk].state == "ready" and not self.paused]
        report = run(registry.get("proof.together"), chosen, uuid4())
        assert report.claimed == len(ready)
        for pk in ready:
            self.rows[pk].claim()
            self.rows[pk].settle(samples.outcomes[self.rows[pk].n])

    @rule(data=st.data())
    @precondition(lambda self: self.rows)
    def put_off(self, data: st.DataObject) -> None:
        """Let some wait without a run: of them, those that nobody has begun."""
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.rows)), min_size=1, unique=True))
        ready = [pk for pk in chosen if self.rows[pk].state == "ready"]
        assert retry.put_off(chosen, timedelta(hours=1), "resting") == len(ready)
        for pk in ready:
            self.rows[pk].put_off()

    @rule(data=st.data())
    @precondition(lambda self: self.rows)
    def let_one_become_due(self, data: st.DataObject) -> None:
        """End one lease, backoff or ring."""
        self._make_due([data.draw(st.sampled_from(sorted(self.rows)))])

    @rule()
    def jump_the_clock_and_sweep(self) -> None:
        self._make_due(list(self.rows))
        self.sweep()

    def _make_due(self, ids: list[int]) -> None:
        execute("UPDATE effects_effect SET wake_at = wake_at - interval '1 day' WHERE id = ANY(%s)", [ids])
        for pk in ids:
            self.rows[pk].due = self.rows[pk].state in {"ready", "waiting", "running"}

    @rule()
    def sweep(self) -> None:
        due = [pk for pk, row in self.rows.items() if row.due]
        swept = sweep()
        for pk in due:
            self.rows[pk].sweep(paused=self.paused)
        ready = sorted([pk for pk in due if self.rows[pk].state == "ready"] + self._complete_sets())
        assert sorted(pk for hint in swept.hints for pk in hint.ids) == ready
        assert all(list(hint.ids) == sorted(hint.ids, key=self._urgency) for hint in swept.hints)
        assert all(len(hint.ids) == 1 or not self.rows[pk].attempt for hint in swept.hints for pk in hint.ids)
        self.hints += ready

    @rule()
    @precondition(lambda self: not self.paused)
    def pause(self) -> None:
        """Let nothing begin; what is ready is put aside at once, the rest by the sweeper when it is due."""
        assert pausing.pause(queue="proof", decision=ANYONE)
        self.paused = True
        for row in self.rows.values():
            if row.state == "ready":
                row.sweep(paused=True)

    @rule()
    @precondition(lambda self: self.paused)
    def resume(self) -> None:
        assert pausing.resume(queue="proof", decision=ANYONE)
        self.paused = False
        for row in self.rows.values():
            if row.state == "paused":
                row.state, row.due = "ready", True

    @rule(data=st.data())
    @precondition(lambda self: self.rows)
    def hold(self, data: st.DataObject) -> None:
        """Hold one that no worker runs; one whose lease is over belongs to no worker."""
        row = self.rows[pk := data.draw(st.sampled_from(sorted(self.rows)))]
        may = row.state in {"ready", "waiting", "paused"} or (row.state == "running" and row.due)
        assert acting.HOLD.act_on([pk], ANYONE) == may
        if may:
            row.state, row.due = "held", False

    @rule()
    def release(self) -> None:
        held = [row for row in self.rows.values() if row.state == "held"]
        assert acting.RELEASE.act(Filter(), ANYONE) == len(held)
        for row in held:
            row.state, row.due = "ready", True

    @rule(data=st.data())
    @precondition(lambda self: self.rows)
    def replay(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(sorted(self.rows)))
        dead = self.rows[pk].state in {"dead", "discarded"}
        assert dead_letters.replay([pk]) == dead
        if dead:
            self.rows[pk].replay()

    @rule(data=st.data(), verb=st.sampled_from([acting.DISCARD, acting.CANCEL]))
    @precondition(lambda self: self.rows)
    def end_by_decision(self, data: st.DataObject, verb: acting.Verb) -> None:
        pk = data.draw(st.sampled_from(sorted(self.rows)))
        may = self.rows[pk].may_end(begun=verb is acting.DISCARD)
        assert verb.act_on([pk], ANYONE) == may
        if may:
            self.rows[pk].end()

    def _urgency(self, pk: int) -> tuple[int, int]:
        return -self.rows[pk].priority, pk

    def _complete_sets(self) -> list[int]:
        """Owe what follows each set of which nothing is owed any more. Return those."""
        complete = [
            pk
            for pk, members in self.sets.items()
            if pk not in self.rows and all(self.rows[each].state in {"done", "dead", "discarded"} for each in members)
        ]
        tries = registry.get("proof.apply").max_attempts
        for pk in complete:
            first = min(self.rows[each].n for each in self.sets[pk])
            self.rows[pk] = Row(n=FOLLOWS + first, task="proof.apply", max_attempts=tries)
        return complete

    def _owns(self, claimed: Claimed) -> bool:
        row = self.rows[claimed.id]
        return row.state == "running" and row.attempt == claimed.attempt

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        self._complete_sets()
        stored = {each.pk: each for each in Effect.objects.all()}
        assert set(stored) == set(self.rows)
        for pk, row in self.rows.items():
            each = stored[pk]
            assert (each.state, each.attempt, each.max_attempts) == (row.state, row.attempt, row.max_attempts)
            assert (each.finished_at is not None) == (row.state in {"done", "dead", "discarded"})
            assert row.finished_at in {None, each.finished_at}
            row.finished_at = each.finished_at

    @invariant()
    def every_set_counts_those_of_its_members_that_are_owed(self) -> None:
        self._complete_sets()
        counted = dict(EffectSet.objects.open().values_list("pk", "outstanding"))
        owed = {
            pk: sum(self.rows[each].state not in {"done", "dead", "discarded"} for each in self.sets[pk]) for pk in self.sets
        }
        assert counted == {pk: number for pk, number in owed.items() if pk not in self.rows}

    @invariant()
    def no_atomic_effect_is_done_twice_and_every_done_one_once(self) -> None:
        done = sorted(row.n for row in self.rows.values() if row.state == "done" and row.task != "proof.call")
        assert [n for (n,) in select("SELECT n FROM proof_applied ORDER BY n")] == done

    @invariant()
    def every_call_showed_the_effects_own_key(self) -> None:
        made = dict(select("SELECT key, count(*) FROM proof_called GROUP BY key"))
        assert made == {f"e{pk}": row.calls for pk, row in self.rows.items() if row.calls}

    def teardown(self) -> None:
        """End as a site does: everything dies, the next worker does what is owed, nothing committed is missing."""
        try:
            while self.levels:
                self.roll_back()
            samples.outcomes.clear()
            pausing.resume(queue="proof", decision=ANYONE)
            acting.RELEASE.act(Filter(), ANYONE)
            recover()
            for row in self.rows.values():
                row.state = "done" if row.state not in {"dead", "discarded"} else row.state
            self._complete_sets()
            ends = dict(Effect.objects.values_list("pk", "state"))
            assert set(ends) == set(self.rows)
            assert set(ends.values()) <= {"done", "dead", "discarded"}
            assert [n for (n,) in select("SELECT n FROM proof_applied ORDER BY n")] == self._owed_once(ends)
        finally:
            self.writer.submit(lambda: connection.close()).result(30)
            self.writer.shutdown()
            for each in self.patches:
                each.stop()

    def _owed_once(self, ends: dict[int, str]) -> list[int]:
        return sorted(row.n for pk, row in self.rows.items() if ends[pk] == "done" and row.task != "proof.call")
