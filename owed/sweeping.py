"""The clock: ring again what is due. A lost hint, a dead worker, a backoff, a schedule: one statement."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from . import crash, registry, sql
from .conf import ring_after
from .counting import COUNT
from .dead_letters import announce
from .signals import effects_died, effects_swept
from .waker import Hint, pack, waker

LIMIT = 500
# What has waited so long behind the others goes with them: it has less priority, and is not forgotten.
YOUNG = "due_at > clock_timestamp() - interval '5 minutes'"
LONGEST_RING = 600
SMALL_RING = 30

# What is behind waits up to as many seconds as there are effects behind: few come back soon after several lost hints, and
# many do not flood the broker of a dead pool, which gets about one hint a second.
BEHIND = f"""
SELECT count(*) FROM (
    SELECT 1 FROM effects_effect WHERE finished_at IS NULL AND wake_at <= clock_timestamp() + interval '{LONGEST_RING} seconds'
    LIMIT {LONGEST_RING}) AS behind
"""  # noqa: S608 - constants of this file

# What a pause covers is put aside, so that no later pass meets it; the lock on the pause lets a resume wait, and find it.
DIED = "'lease expired: the worker died or froze'"
SWEEP = f"""
WITH due AS (
    SELECT id, state AS was, attempt AS tried, queue AS waits_in, task AS named FROM effects_effect
    WHERE finished_at IS NULL AND wake_at <= clock_timestamp() AND task = ANY(%(tasks)s)
    ORDER BY wake_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), stopped AS (
    SELECT due.id FROM due JOIN effects_pause AS pause ON pause.queue = due.waits_in OR pause.task = due.named
    WHERE was <> 'running' FOR KEY SHARE OF pause
), failures AS (
    INSERT INTO effects_attempt (effect_id, number, ended_at, worker, outcome, error, traceback)
    SELECT id, tried, clock_timestamp(), '', 'lost', {DIED}, '' FROM due WHERE was = 'running'
), swept AS (
UPDATE effects_effect
SET state = CASE WHEN parked THEN 'paused' WHEN state = 'running' AND attempt >= max_attempts THEN 'dead' ELSE 'ready' END,
    finished_at = CASE WHEN state = 'running' AND attempt >= max_attempts THEN clock_timestamp() END,
    outcome = CASE WHEN state = 'running' AND attempt >= max_attempts THEN 'out of tries' ELSE '' END,
    error = CASE WHEN state = 'running' THEN {DIED} ELSE error END,
    rings = CASE WHEN state = 'ready' THEN least(rings + 1, 1000) ELSE 0 END,
    wake_at = CASE WHEN parked THEN '9999-01-01 00:00+00' ELSE clock_timestamp() END
        + make_interval(secs => CASE WHEN parked THEN 0 WHEN state = 'ready'
        THEN least(%(ring_after)s * 2 ^ least(rings, 10), greatest({SMALL_RING}, ({BEHIND}))) ELSE %(ring_after)s END)
FROM (SELECT id, id IN (SELECT id FROM stopped) AS parked FROM due) AS due WHERE effects_effect.id = due.id
RETURNING effects_effect.id, task, state, attempt, priority, priority < 0 AND {YOUNG} AS low, member_of
), ended AS (
    SELECT member_of AS id, count(*) AS number FROM swept WHERE state = 'dead' AND member_of IS NOT NULL GROUP BY member_of
), {COUNT}
SELECT id, task, state, attempt, priority, low FROM swept UNION ALL
SELECT id, task, state, 0, 0, false FROM released
"""  # noqa: S608 - constants of this package
# Without this, an outage would count as lost rings, and effects would come back minutes after the broker does.
UNRING = """
UPDATE effects_effect SET wake_at = clock_timestamp() + interval '1 second', rings = greatest(rings - 1, 0)
WHERE id = ANY(%s) AND state = 'ready'
"""


@dataclass
class Swept:
    """What one pass found."""

    hints: list[Hint] = field(default_factory=list)
    ready: int = 0
    dead: int = 0
    rung: bool = True


def sweep(limit: int = LIMIT) -> Swept:
    """Make due effects of known tasks ready and ring them. Safe in any number of processes at once."""
    rows = _due(limit)
    rows.sort(key=lambda row: (-row[4], row[0]))
    crash.point("mid-sweep")
    ready = [(pk, task, attempt, low) for pk, task, state, attempt, _, low in rows if state == "ready"]
    swept = Swept(hints=_hints(ready), ready=len(ready), dead=sum(row[2] == "dead" for row in rows))
    swept.rung = waker.ring(swept.hints)
    if not swept.rung:
        _unring([pk for pk, *_ in ready])
    if rows:
        effects_swept.send(sender=Swept, ready=swept.ready, dead=swept.dead, rung=swept.rung)
    return swept


def _due(limit: int) -> list[Any]:
    """Change what is due, and announce in the same transaction what died of it."""
    with transaction.atomic() if effects_died.has_listeners() else nullcontext():
        rows = sql.rows(SWEEP, {"tasks": registry.names(), "limit": limit, "ring_after": ring_after()})
        if dead := sorted(row[0] for row in rows if row[2] == "dead"):
            announce(dead)
    return rows


def _hints(ready: Iterable[tuple[int, str, int, bool]]) -> list[Hint]:
    """Pack fresh effects; ring alone what has failed before, so that poison cannot bill its neighbours."""
    due = list(ready)
    fresh = pack((task, pk) for pk, task, attempt, low in due if attempt == 0 and not low)
    behind = pack(((task, pk) for pk, task, attempt, low in due if attempt == 0 and low), low=True)
    return fresh + [Hint(task, (pk,), low) for pk, task, attempt, low in due if attempt > 0] + behind


def _unring(ids: list[int]) -> None:
    """Take the ring back: the broker is away, and they are due as soon as it returns."""
    sql.run(UNRING, [ids])
