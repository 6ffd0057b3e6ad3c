"""A transaction that nobody ends keeps every dead row version alive; the claim must not notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from owed.claiming import CLAIM
from owed.sweeping import SWEEP
from tests.proof.ledger import execute, select
from tests.proof.threads import Elsewhere, Gate

OWED = 50_000
INSERT = f"""
INSERT INTO effects_effect (task, queue, args, about, kind, state, attempt, max_attempts, rings, wake_at, due_at, created_at,
                            outcome, error)
SELECT 'proof.apply', 'proof', '{{"n": 1}}', '', 'atomic', 'ready', 0, 20, 0, now() - interval '1 minute', now(), now(), '', ''
FROM generate_series(1, {OWED})
"""
CLAIM_ALL = "UPDATE effects_effect SET state = 'running', attempt = 1, wake_at = now() + interval '1 hour' WHERE id < %s"
FINISH_ALL = "UPDATE effects_effect SET state = 'done', finished_at = now() WHERE id < %s"


class TestFiftyThousandEffectsBehindAHeldSnapshot:
    @pytest.fixture
    def snapshot(self) -> Iterator[None]:
        gate = Gate()
        holder = Elsewhere(lambda: hold_a_snapshot(gate))
        gate.await_arrival()
        yield
        gate.open()
        holder.result()

    @pytest.mark.timeout(300)
    def test_cost_a_claim_no_more_pages_than_an_empty_table(self, snapshot: None) -> None:
        execute(INSERT)
        newest = select("SELECT max(id) FROM effects_effect")[0][0]
        how = {"lease": 70, "hint": uuid4(), "names": ["proof.apply"]}
        fresh = pages(CLAIM, {**how, "ids": [newest]})
        execute(CLAIM_ALL, [newest - 200])
        execute(FINISH_ALL, [newest - 200])
        one = pages(CLAIM, {**how, "ids": [newest - 1]})
        hundred = pages(CLAIM, {**how, "ids": list(range(newest - 150, newest - 50))})
        assert one <= 3 * fresh
        assert hundred <= 100 * 3 * fresh
        # The sweeper alone walks over what died: over two versions of each row at most, twice, by whichever plan.
        assert pages(SWEEP, {"tasks": ["proof.apply"], "limit": 500, "ring_after": 15.0}) <= 5 * OWED


def hold_a_snapshot(gate: Gate) -> None:
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        select("SELECT count(*) FROM effects_effect")
        gate()


def pages(statement: str, parameters: list[Any] | dict[str, Any]) -> int:
    """Run the statement and return how many pages it looked at."""
    [(plan,)] = select(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", parameters)
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
