"""What PostgreSQL does with the ledger's statements when a million rows are finished."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from owed.claiming import CLAIM
from owed.sweeping import SWEEP
from owed.urgency import AHEAD

MILLION = """
INSERT INTO effects_effect (task, queue, args, about, kind, state, attempt, max_attempts, rings, wake_at, due_at,
                            created_at, finished_at, outcome, error)
SELECT 'test.note', 'test', '{"n": 1}', 'post:' || n, 'atomic', CASE WHEN n > 1000000 THEN 'ready' ELSE 'done' END, 0, 20, 0,
       now(), now(), now(), CASE WHEN n > 1000000 THEN NULL ELSE now() END, '', ''
FROM generate_series(1, 1000500) AS n
"""
PAUSES = """
INSERT INTO effects_pause (queue, task, reason, decided_by, since)
VALUES ('mail', '', 'x', 'ada', now()), ('', 'test.call', 'x', 'ada', now())
"""


@pytest.mark.django_db
class TestWithAMillionFinishedRows:
    @pytest.mark.timeout(300)
    def test_the_claim_goes_by_primary_key_and_the_sweep_by_the_partial_index(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(MILLION)
            cursor.execute("ANALYZE effects_effect")
            cursor.execute(PAUSES)
            cursor.execute("SELECT max(id) FROM effects_effect")
            newest = cursor.fetchone()[0]
            for ids in ([newest], list(range(newest - 99, newest + 1))):
                wanted = {"lease": 70, "hint": uuid4(), "ids": ids, "names": ["test.note"]}
                assert "effects_effect_pkey" in _plan(cursor, CLAIM, wanted)
            assert "effect_urgent" in _plan(cursor, AHEAD, ["test"])
            assert "effect_wake" in _plan(cursor, SWEEP, {"tasks": ["test.note"], "limit": 500, "ring_after": 15.0})


def _plan(cursor: object, statement: str, parameters: object) -> str:
    cursor.execute(f"EXPLAIN {statement}", parameters)  # type: ignore[attr-defined]
    return "\n".join(row[0] for row in cursor.fetchall())  # type: ignore[attr-defined]
