"""A row of the ledger as it is first written, and the one list of what is written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = """
task, queue, args, about, key, kind, max_attempts, priority, member_of, state, attempt, rings, wake_at, due_at, created_at,
outcome, error, cause, origin, trace
"""
# Times come from the database: processes on several machines share no other clock. A row that is ready gets a wake_at
# as well: if its hint is lost, the sweeper finds it then.
VALUES = """
task, queue, args, about, key, kind, max_attempts, priority, member_of,
CASE WHEN delay > 0 THEN 'waiting' ELSE 'ready' END, 0, 0,
clock_timestamp() + make_interval(secs => CASE WHEN delay > 0 THEN delay ELSE %(ring_after)s END),
clock_timestamp() + make_interval(secs => delay), clock_timestamp(), '', '', cause,
coalesce(nullif(origin, ''), (SELECT began.origin FROM effects_effect AS began WHERE began.id = owed.cause), ''),
trace
"""
TYPES = """
task text, queue text, args jsonb, about text, key text, kind text, max_attempts integer, priority smallint, member_of bigint,
delay float8, cause bigint, origin text, trace text
"""
INSERT = f"""
INSERT INTO effects_effect ({COLUMNS})
SELECT {VALUES} FROM jsonb_to_recordset(%(rows)s::jsonb) AS owed ({TYPES})
RETURNING id, task, state, priority
"""  # noqa: S608 - constants of this file


@dataclass(frozen=True)
class Row:
    task: str
    queue: str
    args: Mapping[str, Any]
    about: str
    key: str | None
    kind: str
    max_attempts: int
    priority: int
    delay: float
    cause: int | None
    origin: str
    trace: str
    member_of: int | None = None
    """The set that counts it, see counting."""
