"""Take effects to run: a compare-and-set by primary key, committed by itself, the attempt counted first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from . import crash, limits, sql
from .declaration import Declaration
from .signals import effect_claimed

RETURNING = "RETURNING id, attempt, max_attempts, args, about, due_at"
# By primary key and state, with no partial index on state: the planner would take such an index in place of the key, and
# a claim among a million rows would cost a scan.
CLAIM = f"""
UPDATE effects_effect
SET state = 'running', attempt = attempt + 1, wake_at = clock_timestamp() + make_interval(secs => %s),
    started_at = clock_timestamp(), hint = %s
WHERE id = ANY(%s) AND state = 'ready' AND task = ANY(%s)
AND {sql.NOT_PAUSED}
{RETURNING}
"""  # noqa: S608 - constants
# Under every name of the effect: a worker of the release before locks and looks under the one that it knows.
LOCK_SUBJECTS = """
SELECT pg_advisory_xact_lock(hashtextextended(name || ':' || key, 0)) FROM effects_effect, unnest(%s::text[]) AS name
WHERE id = ANY(%s) AND key IS NOT NULL
"""
CLAIM_IN_TURN = CLAIM.replace(
    RETURNING,
    """AND NOT EXISTS (
    SELECT FROM effects_effect AS other
    WHERE other.task = ANY(%s) AND other.key = effects_effect.key AND other.key IS NOT NULL
    AND other.finished_at IS NULL AND other.state = 'running'
) """
    + RETURNING,
)
# Waiting with a time, instead of staying ready: a hint for it would find it blocked again and again.
WAIT_FOR_TURN = """
UPDATE effects_effect SET state = 'waiting', wake_at = clock_timestamp() + interval '1 second'
WHERE id = ANY(%s) AND state = 'ready' AND task = ANY(%s)
"""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """An effect that this process may run, and the attempt that fences its writes."""

    id: int
    task: str
    attempt: int
    max_attempts: int
    args: dict[str, Any]
    about: str


def claim(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Claimed]:
    """Return those of the effects that no other worker took, now leased to this process."""
    rows = _claim_within_limits(effect, ids, hint) if effect.limits else _claim_some(effect, ids, hint)
    crash.point("after-claim")
    claimed = [
        Claimed(id=pk, task=effect.name, attempt=attempt, max_attempts=limit, args=_decoded(args), about=about)
        for pk, attempt, limit, args, about, _ in rows
    ]
    for each in claimed:
        effect_claimed.send(sender=Claimed, effect=each, hint=hint)
    return claimed


@transaction.atomic
def _claim_within_limits(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Any]:
    """Claim as many as there are free slots; the others wait for their turn without a run."""
    keys = limits.room(effect, ids)
    rows = _claim_some(effect, list(keys), hint) if keys else []
    limits.take(effect, {row[0]: row[1] for row in rows}, keys)
    return rows


def _claim_some(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Any]:
    return _claim_in_turn(effect, ids, hint) if effect.key else _claim(effect, ids, hint)


def _claim(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Any]:
    return sorted(sql.rows(CLAIM, [effect.lease, hint, list(ids), effect.names]))


@transaction.atomic
def _claim_in_turn(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Any]:
    """Claim unless another effect of the same subject is in flight; such a one is due again in a second."""
    sql.rows(LOCK_SUBJECTS, [effect.names, list(ids)])
    rows = sorted(sql.rows(CLAIM_IN_TURN, [effect.lease, hint, list(ids), effect.names, effect.names]))
    sql.run(WAIT_FOR_TURN, [list(ids), effect.names])
    return rows


def _decoded(args: Any) -> dict[str, Any]:
    """Return jsonb as a dict: Django leaves raw cursors without a loader."""
    decoded: dict[str, Any] = json.loads(args) if isinstance(args, str) else args
    return decoded
