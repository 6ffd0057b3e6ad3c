"""Remove finished rows when their story is old: a chunk at a time."""

from __future__ import annotations

from datetime import timedelta

from . import counting, sql

# In chunks: one DELETE of a million rows would hold its locks, and replicas back, for minutes. Dead letters wait longer
# for a person's decision: they have an age of their own.
PURGE = """
WITH old AS (
    SELECT id FROM effects_effect
    WHERE finished_at IS NOT NULL AND state = 'done' AND finished_at < clock_timestamp() - make_interval(secs => %s)
    ORDER BY finished_at LIMIT %s
), failures AS (DELETE FROM effects_attempt WHERE effect_id IN (SELECT id FROM old))
DELETE FROM effects_effect WHERE id IN (SELECT id FROM old)
"""


def purge(older_than: timedelta, *, chunk: int = 1000) -> int:
    """Delete done effects finished longer ago than this. Dead letters stay. Return how many went."""
    in_chunks(counting.FORGET, older_than, chunk)
    return in_chunks(PURGE, older_than, chunk)


def purge_dead(older_than: timedelta, *, chunk: int = 1000) -> int:
    """Delete dead letters that failed longer ago than this, and what was discarded then. Return how many went."""
    return in_chunks(PURGE.replace("state = 'done'", "state IN ('dead', 'discarded')"), older_than, chunk)


def in_chunks(statement: str, older_than: timedelta, chunk: int) -> int:
    """Execute the statement, which takes seconds and a limit, until less than a chunk was left. Return how many rows went."""
    removed, last = 0, chunk
    while last == chunk:
        last = sql.run(statement, [older_than.total_seconds(), chunk])
        removed += last
    return removed
