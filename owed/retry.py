"""Try again: after a failure with backoff, or when the effect itself says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import clock, crash, sql
from .scrubbing import scrub

if TYPE_CHECKING:
    from .claiming import Claimed

# An hour at most: an outage that is over must not delay anything until tomorrow.
BACKOFF_CAP = 3600.0

WAIT = """
UPDATE effects_effect
SET state = 'waiting', wake_at = moment, due_at = CASE WHEN %s THEN moment ELSE due_at END, max_attempts = max_attempts + %s,
    rings = 0, outcome = '', error = %s
FROM (SELECT clock_timestamp() + make_interval(secs => %s) AS moment) AS clock
WHERE id = %s AND attempt = %s AND state = 'running'
"""
PUT_OFF = """
UPDATE effects_effect
SET state = 'waiting', wake_at = clock_timestamp() + make_interval(secs => %s * (1 + random())), rings = 0, error = %s
WHERE id IN (SELECT id FROM effects_effect WHERE id = ANY(%s) AND state = 'ready' ORDER BY id FOR UPDATE SKIP LOCKED)
"""


def after_failure(claimed: Claimed, error: str) -> bool:
    """Wait for the next try: min(2^attempt s, 1 h) x U(0.8, 1.2). Return whether it was still ours."""
    return _wait(claimed, backoff(claimed.attempt), 0, error)


def postpone(claimed: Claimed, when: timedelta | datetime, why: str, *, planned: bool = False) -> bool:
    """Wait without counting a failure: one more attempt is allowed. Return whether it was still ours."""
    delay = when if isinstance(when, timedelta) else when - clock.now()
    return _wait(claimed, max(0.0, delay.total_seconds()), 1, why, planned=planned)


def put_off(ids: Sequence[int], wait: timedelta, why: str) -> int:
    """Let those that have not begun wait, between once and twice as long each, without a run. Return how many.

    For what could only wait: a run of each, to find that out, would hold up others. They are as late as before.
    """
    return sql.run(PUT_OFF, [wait.total_seconds(), scrub(why), list(ids)])


def backoff(attempt: int) -> float:
    """Return seconds until the next try."""
    # The jitter keeps those that failed together apart.
    return _pause(attempt) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret


def tries_over(span: timedelta) -> int:
    """Return how many tries it takes until the pauses between them are this long together, on average.

    For `max_attempts`: a promise such as "tried for two days" is made in days, and kept in tries.
    """
    tries, waited = 1, 0.0
    while waited < span.total_seconds():
        waited += _pause(tries)
        tries += 1
    return tries


def _pause(attempt: int) -> float:
    # The exponent is capped too: 2.0 ** 1024 raises OverflowError.
    return min(2.0 ** min(attempt, 20), BACKOFF_CAP)


def _wait(claimed: Claimed, seconds: float, more: int, why: str, *, planned: bool = False) -> bool:
    crash.point("mid-fail")
    return sql.run(WAIT, [planned, more, scrub(why), seconds, claimed.id, claimed.attempt]) == 1
