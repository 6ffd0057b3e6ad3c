"""Dead letters: effects that are not tried again, unless someone retries them; discarded ones likewise."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from . import counting, crash, sql
from .scrubbing import scrub
from .settling import OUTCOME_SIZE
from .signals import effects_died

if TYPE_CHECKING:
    from .claiming import Claimed

logger = logging.getLogger("owed")

BURY = """
UPDATE effects_effect SET state = 'dead', finished_at = clock_timestamp(), outcome = %s, error = %s
WHERE id = %s AND attempt = %s AND state = 'running'
"""
# The number of attempts goes on: it fences the writes of a worker that still holds an old attempt.
REPLAY = """
UPDATE effects_effect
SET state = 'ready', finished_at = NULL, max_attempts = attempt + %s, rings = 0, outcome = '',
    decided_by = '', reason = '', wake_at = moment, due_at = moment
FROM (SELECT clock_timestamp() AS moment) AS clock
WHERE id = ANY(%s) AND state IN ('dead', 'discarded')
RETURNING member_of
"""
FRESH_TRIES = 20


def bury(claimed: Claimed, outcome: str, error: str) -> bool:
    """Make it a dead letter. Return whether it was still ours."""
    crash.point("mid-fail")
    with transaction.atomic():
        ours = sql.run(BURY, [outcome[:OUTCOME_SIZE], scrub(error), claimed.id, claimed.attempt]) == 1
        if ours:
            counting.settled([claimed.member_of])
            announce([claimed.id])
    return ours


def announce(ids: list[int]) -> None:
    """Say that these are dead now, in the transaction that made them so. What a receiver breaks must not keep them alive."""
    if not effects_died.has_listeners():
        return
    try:
        with transaction.atomic():
            effects_died.send(sender=None, ids=ids)
    except Exception:
        logger.exception("effect.death_not_announced", extra={"number": len(ids)})


def replay(ids: Sequence[int]) -> int:
    """Owe dead and discarded effects again. Attempts never go back; more are allowed. Return how many were."""
    with transaction.atomic():
        sets = [member_of for (member_of,) in sql.rows(REPLAY, [FRESH_TRIES, list(ids)])]
        counting.owed_again(sets)
    return len(sets)
