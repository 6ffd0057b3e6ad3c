"""What the ledger's statements cost when much is behind them: finished rows, and dead versions that a snapshot keeps.

By PostgreSQL's own account of planning and execution: a claim takes a twentieth of a millisecond, of which a busy machine shows
a client nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

from bench.report import Table
from bench.timing import BLOCK, RUNS, Step, Variant
from owed.claiming import CLAIM
from owed.sweeping import SWEEP

FINISHED, MOVED = 1_000_000, 50_000
CHUNK = 100
BLOCKS = 25
DUE_AT_ONCE = 10
INSERT = """
INSERT INTO effects_effect (task, queue, args, about, kind, state, attempt, max_attempts, rings, wake_at, due_at, created_at,
                            finished_at, outcome, error)
SELECT 'bench.note', 'upkeep', '{"n": 1}', 'post:' || n, 'atomic', %(state)s::text, 0, 20, 0,
       clock_timestamp() + %(wake)s::interval, now(), now(), CASE WHEN %(state)s::text = 'done' THEN now() END, '', ''
FROM generate_series(1, %(number)s) AS n RETURNING id
"""
TAKE = "UPDATE effects_effect SET state = 'running', attempt = attempt + 1 WHERE id = ANY(%s)"
FINISH = "UPDATE effects_effect SET state = 'done', finished_at = clock_timestamp() WHERE id = ANY(%s)"
LATER, DUE = "1 hour", "-1 second"


@dataclass
class Ledger:
    """One database of its own, with a ledger and its history."""

    database: psycopg.Connection

    def put(self, state: str, number: int, wake: str = LATER) -> list[int]:
        """Insert so many rows and return their ids."""
        rows = self.database.execute(INSERT, {"state": state, "number": number, "wake": wake})
        return [pk for (pk,) in rows]

    def pass_through(self, number: int) -> None:
        """Have so many effects claimed and finished, as workers do."""
        for _ in range(number // CHUNK):
            ids = self.put("ready", CHUNK)
            self.database.execute(TAKE, [ids])
            self.database.execute(FINISH, [ids])

    def fresh_claim(self) -> Step:
        [pk] = self.put("ready", 1)
        return lambda: self._seconds(CLAIM, {"lease": 70.0, "hint": uuid4(), "ids": [pk], "names": ["bench.note"]})

    def fresh_sweep(self) -> Step:
        self.put("ready", DUE_AT_ONCE, DUE)
        return lambda: self._seconds(SWEEP, {"tasks": ["bench.note"], "limit": DUE_AT_ONCE, "ring_after": 600.0})

    def _seconds(self, statement: str, parameters: Any) -> float:
        """Run it, and return how long the server says that it took."""
        row = self.database.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}".encode(), parameters).fetchone()
        assert row
        [told] = row[0]
        return float(told["Planning Time"] + told["Execution Time"]) / 1000


def run(scale: float) -> Iterator[Table]:
    """Compare an empty ledger with two that have a history, interleaved."""
    with ExitStack() as stack:
        empty, full, held = (stack.enter_context(ledger()) for _ in range(3))
        full.put("done", int(FINISHED * scale))
        full.database.execute("VACUUM ANALYZE effects_effect")
        stack.enter_context(snapshot(held))
        held.pass_through(int(MOVED * scale))
        million, behind = f"{int(FINISHED * scale):,} finished rows", f"{int(MOVED * scale):,} done behind a held snapshot"
        ledgers = {"an empty ledger": empty, million: full, behind: held}
        yield _measured("Claim", {name: each.fresh_claim for name, each in ledgers.items()})
        for each in ledgers.values():
            each.database.execute("ANALYZE effects_effect")
        yield _measured("Sweep ten due effects", {name: each.fresh_sweep for name, each in ledgers.items()})


def _measured(title: str, fresh: dict[str, Callable[[], Step]]) -> Table:
    variants = [Variant(name, each) for name, each in fresh.items()]
    _compare(variants)
    p50, p99 = variants[0].p50(), variants[0].p99()
    heads = ("ledger", "p50 ms", "p99 ms", "ratio of p50", "ratio of p99")
    times = [(each.name, each.p50(), each.p99()) for each in variants]
    rows = [(name, f"{mid:.3f}", f"{high:.3f}", f"{mid / p50:.2f}", f"{high / p99:.2f}") for name, mid, high in times]
    return Table(title, heads, rows)


def _compare(variants: list[Variant]) -> None:
    """Run each in shuffled blocks, as bench.timing does, and keep what the steps return."""
    for _ in range(RUNS):
        for variant in variants:
            variant.runs.append([])
        for _ in range(BLOCKS):
            for variant in random.sample(variants, len(variants)):
                variant.runs[-1] += [float(str(step())) for step in [variant.fresh() for _ in range(BLOCK)]]


numbers = count(1)


@contextmanager
def ledger() -> Iterator[Ledger]:
    """Yield a copy of the migrated database, without waits for the disk, whose noise would hide what is measured."""
    name = f"ledger{next(numbers)}"
    connection.close()
    host, user, template = (str(settings.DATABASES["default"][part]) for part in ("HOST", "USER", "NAME"))
    with psycopg.connect(host=host, user=user, dbname="postgres", autocommit=True) as administrator:
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    with psycopg.connect(host=host, user=user, dbname=name, autocommit=True) as database:
        database.execute("SET synchronous_commit = off")
        database.execute("DELETE FROM effects_effect")
        yield Ledger(database)


@contextmanager
def snapshot(of: Ledger) -> Iterator[None]:
    """Keep alive, until the end, every row version that is there now."""
    info = of.database.info
    with psycopg.connect(host=info.host, user=info.user, dbname=info.dbname) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("SELECT count(*) FROM effects_effect")
        yield
