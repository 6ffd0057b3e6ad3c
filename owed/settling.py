"""Write how an attempt ended. Every statement names the attempt: a late one changes nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import clock, crash, sql
from .outcomes import LostLease
from .scrubbing import scrub

if TYPE_CHECKING:
    from .claiming import Claimed

BACKOFF_CAP = 3600.0
OUTCOME_SIZE = 200

LOCK = """
SELECT effects_effect.id
FROM effects_effect JOIN unnest(%s::bigint[], %s::integer[]) AS mine (id, attempt)
     ON effects_effect.id = mine.id AND effects_effect.attempt = mine.attempt
WHERE state = 'running' ORDER BY effects_effect.id FOR UPDATE OF effects_effect
"""
FINISH = """
UPDATE effects_effect SET state = 'done', finished_at = clock_timestamp(), outcome = %s, error = ''
FROM unnest(%s::bigint[], %s::integer[]) AS mine (id, attempt)
WHERE effects_effect.id = mine.id AND effects_effect.attempt = mine.attempt AND state = 'running'
"""
WAIT = """
UPDATE effects_effect
SET state = 'waiting', wake_at = moment, due_at = CASE WHEN %s THEN moment ELSE due_at END, max_attempts = max_attempts + %s,
    rings = 0, outcome = '', error = %s
FROM (SELECT clock_timestamp() + make_interval(secs => %s) AS moment) AS clock
WHERE id = %s AND attempt = %s AND state = 'running'
"""
BURY = """
UPDATE effects_effect SET state = 'dead', finished_at = clock_timestamp(), outcome = %s, error = %s
WHERE id = %s AND attempt = %s AND state = 'running'
"""
PUT_OFF = """
UPDATE effects_effect
SET state = 'waiting', wake_at = clock_timestamp() + make_interval(secs => %s * (1 + random())), rings = 0, error = %s
WHERE id IN (SELECT id FROM effects_effect WHERE id = ANY(%s) AND state = 'ready' ORDER BY id FOR UPDATE SKIP LOCKED)
"""
REPLAY = """
UPDATE effects_effect
SET state = 'ready', finished_at = NULL, max_attempts = attempt + %s, rings = 0, outcome = '',
    wake_at = moment, due_at = moment
FROM (SELECT clock_timestamp() AS moment) AS clock
WHERE id = ANY(%s) AND state = 'dead'
"""
FRESH_TRIES = 20


def lock(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Lock the rows that are still ours, in order of id, until the transaction ends. Return those."""
    ours = {row[0] for row in sql.rows(LOCK, _fence(claimed))}
    return [each for each in claimed if each.id in ours]


def finish(claimed: Sequence[Claimed], outcome: str = "done") -> None:
    """Mark done. Raises LostLease unless every row is still ours, so that the caller's transaction goes back."""
    finished = sql.run(FINISH, [outcome[:OUTCOME_SIZE], *_fence(claimed)])
    if finished != len(claimed):
        raise LostLease(f"{claimed[0].task}: {len(claimed) - finished} of {len(claimed)} taken over")


def postpone(claimed: Claimed, when: timedelta | datetime, why: str, *, planned: bool = False) -> bool:
    """Wait without counting a failure: one more attempt is allowed. Return whether it was still ours."""
    delay = when if isinstance(when, timedelta) else when - clock.now()
    return _wait(claimed, max(0.0, delay.total_seconds()), 1, why, planned=planned)


def put_off(ids: Sequence[int], wait: timedelta, why: str) -> int:
    """Let those that nobody has begun wait, between once and twice as long each, without a run. Return how many.

    For what could only wait: a run of each, to find that out, would hold up others. They are as late as before.
    """
    return sql.run(PUT_OFF, [wait.total_seconds(), scrub(why), list(ids)])


def retry(claimed: Claimed, error: str) -> bool:
    """Wait for the next try: min(2^attempt s, 1 h) x U(0.8, 1.2). Return whether it was still ours."""
    return _wait(claimed, backoff(claimed.attempt), 0, error)


def bury(claimed: Claimed, outcome: str, error: str) -> bool:
    """Make it a dead letter. Return whether it was still ours."""
    crash.point("mid-fail")
    return sql.run(BURY, [outcome[:OUTCOME_SIZE], scrub(error), claimed.id, claimed.attempt]) == 1


def replay(ids: Sequence[int]) -> int:
    """Owe dead effects again. Attempts never go back; more are allowed. Return how many were dead."""
    return sql.run(REPLAY, [FRESH_TRIES, list(ids)])


def backoff(attempt: int) -> float:
    """Return seconds until the next try."""
    return min(2.0 ** min(attempt, 20), BACKOFF_CAP) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret


def _wait(claimed: Claimed, seconds: float, more: int, why: str, *, planned: bool = False) -> bool:
    crash.point("mid-fail")
    return sql.run(WAIT, [planned, more, scrub(why), seconds, claimed.id, claimed.attempt]) == 1


def _fence(claimed: Sequence[Claimed]) -> list[list[int]]:
    return [[each.id for each in claimed], [each.attempt for each in claimed]]
