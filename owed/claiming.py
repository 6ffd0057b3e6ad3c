"""Take effects to run: a compare-and-set by primary key, committed by itself, the attempt counted first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from . import counting, crash, limits, sql
from .connections import again_if_broken
from .declaration import Declaration
from .signals import effects_claimed

# What every claim asks of a row besides its id, and what it writes: no way to claim may leave out what a person has paused.
MAY_RUN = f"state = 'ready' AND task = ANY(%(names)s) AND {sql.NOT_PAUSED}"
TAKE = """
UPDATE effects_effect
SET state = 'running', attempt = attempt + 1, wake_at = clock_timestamp() + make_interval(secs => %(lease)s),
    started_at = clock_timestamp(), hint = %(hint)s
"""
COLUMNS = ("id", "attempt", "max_attempts", "about", "member_of", "origin", "trace")
RETURNING = f"RETURNING {', '.join(COLUMNS)}, args::text"
# By primary key and state, with no partial index on state: the planner would take such an index in place of the key, and
# a claim among a million rows would cost a scan.
CLAIM = f"{TAKE} WHERE id = ANY(%(ids)s::bigint[]) AND {MAY_RUN} {RETURNING}"
# Under every name of the effect: a worker of the release before locks and looks under the one that it knows.
LOCK_SUBJECTS = """
SELECT pg_advisory_xact_lock(hashtextextended(name || ':' || key, 0)) FROM effects_effect, unnest(%(names)s::text[]) AS name
WHERE id = ANY(%(ids)s::bigint[]) AND key IS NOT NULL
"""
CLAIM_IN_TURN = CLAIM.replace(
    RETURNING,
    """AND NOT EXISTS (
    SELECT FROM effects_effect AS other
    WHERE other.task = ANY(%(names)s) AND other.key = effects_effect.key AND other.key IS NOT NULL
    AND other.finished_at IS NULL AND other.state = 'running'
) """
    + RETURNING,
)
# Waiting with a time, instead of staying ready: a hint for it would find it blocked again and again.
WAIT_FOR_TURN = f"""
UPDATE effects_effect SET state = 'waiting', wake_at = clock_timestamp() + interval '1 second'
WHERE id = ANY(%(ids)s::bigint[]) AND {MAY_RUN}
"""  # noqa: S608 - constants
# Passing over what another holds: this transaction has locked rows of its own, and must not wait for those of others.
FINISH_AND_CLAIM = f"""
WITH finished AS (
    UPDATE effects_effect SET state = 'done', finished_at = clock_timestamp(), outcome = 'done', error = ''
    WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running' RETURNING id
), claimed AS (
    {TAKE} WHERE id = (SELECT id FROM effects_effect WHERE id = %(next)s AND {MAY_RUN} FOR UPDATE SKIP LOCKED) {RETURNING}
)
SELECT EXISTS (SELECT FROM finished), claimed.* FROM (SELECT) AS always LEFT JOIN claimed ON true
"""  # noqa: S608 - constants
STILL_READY = "SELECT id FROM effects_effect WHERE id = ANY(%s::bigint[]) AND state = 'ready' ORDER BY id"


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """An effect that this process may run, and the attempt that fences its writes."""

    id: int
    task: str
    attempt: int
    max_attempts: int
    args: dict[str, Any]
    about: str
    member_of: int | None
    """The set that counts it."""
    hint: UUID
    origin: str
    """What began it all, as in owed.origin; empty where nothing was said."""
    trace: str
    """The W3C traceparent in which it was owed; empty without a tracer."""


def claim(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> list[Claimed]:
    """Return those of the effects that no other worker took, now leased to this process."""
    wanted = {"ids": sql.array(ids), **_how(effect, hint)}
    rows = again_if_broken(lambda: _claim_within_limits(effect, ids, wanted) if effect.limits else _claim_some(effect, wanted))
    crash.point("after-claim")
    return _claimed(effect, sorted(rows), hint)


def finish_and_claim(effect: Declaration[Any], claimed: Claimed, following: int, hint: UUID) -> tuple[bool, list[Claimed]]:
    """Mark one done, and claim another with the same commit; not for effects with a key, which are claimed in their turn.

    Return whether the first was still ours, and the other where it was free.
    """
    wanted = {"id": claimed.id, "attempt": claimed.attempt, "next": following, **_how(effect, hint)}
    with transaction.atomic() if claimed.member_of else nullcontext():
        [(finished, *row)] = sql.rows(FINISH_AND_CLAIM, wanted)
        if finished:
            counting.settled([claimed.member_of])
    return finished, _claimed(effect, [row] if row[0] else [], hint)


def still_ready(ids: Sequence[int]) -> list[int]:
    """Return those that no worker has claimed."""
    return [pk for (pk,) in sql.rows(STILL_READY, [sql.array(ids)])]


def _how(effect: Declaration[Any], hint: UUID) -> dict[str, Any]:
    return {"names": effect.names, "lease": effect.lease, "hint": hint}


@transaction.atomic
def _claim_within_limits(effect: Declaration[Any], ids: Sequence[int], wanted: dict[str, Any]) -> list[Any]:
    """Claim as many as there are free slots; the others wait for their turn without a run."""
    keys = limits.room(effect, ids)
    rows = _claim_some(effect, {**wanted, "ids": sql.array(list(keys))}) if keys else []
    limits.take(effect, {row[0]: row[1] for row in rows}, keys)
    return rows


def _claim_some(effect: Declaration[Any], wanted: dict[str, Any]) -> list[Any]:
    return _claim_in_turn(wanted) if effect.key else sql.rows(CLAIM, wanted)


@transaction.atomic
def _claim_in_turn(wanted: dict[str, Any]) -> list[Any]:
    """Claim unless another effect of the same subject is in flight; such a one is due again in a second."""
    sql.rows(LOCK_SUBJECTS, wanted)
    rows = sql.rows(CLAIM_IN_TURN, wanted)
    sql.run(WAIT_FOR_TURN, wanted)
    return rows


def _claimed(effect: Declaration[Any], rows: Sequence[Any], hint: UUID) -> list[Claimed]:
    # Read in one go: a call of json.loads() for each row costs a batch more than the reading.
    args = json.loads(f"[{','.join(row[-1] for row in rows)}]")
    claimed = [
        Claimed(**dict(zip(COLUMNS, row, strict=True)), args=each, task=effect.name, hint=hint)
        for (*row, _), each in zip(rows, args, strict=True)
    ]
    if claimed:
        effects_claimed.send(sender=Claimed, effects=claimed, hint=hint)
    return claimed
