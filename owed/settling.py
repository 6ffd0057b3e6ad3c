"""Write that an attempt has done its work. Every statement names the attempt: a late one changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from django.db import transaction

from . import counting, sql
from .outcomes import LostLease

if TYPE_CHECKING:
    from .claiming import Claimed

OUTCOME_SIZE = 200

# In order of id: two workers that lock the same rows in different orders would deadlock.
LOCK = """
SELECT effects_effect.id
FROM effects_effect JOIN unnest(%s::bigint[], %s::integer[]) AS mine (id, attempt)
     ON effects_effect.id = mine.id AND effects_effect.attempt = mine.attempt
WHERE state = 'running' ORDER BY effects_effect.id FOR UPDATE OF effects_effect
"""
# Planning the join costs as much as the rest of a small effect.
LOCK_ONE = "SELECT id FROM effects_effect WHERE id = %s AND attempt = %s AND state = 'running' FOR UPDATE"
FINISH = """
UPDATE effects_effect SET state = 'done', finished_at = clock_timestamp(), outcome = %s, error = ''
FROM unnest(%s::bigint[], %s::integer[]) AS mine (id, attempt)
WHERE effects_effect.id = mine.id AND effects_effect.attempt = mine.attempt AND state = 'running'
"""
IS_DONE = "SELECT EXISTS (SELECT FROM effects_effect WHERE id = %s AND attempt = %s AND state = 'done')"


def lock(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Lock the rows that are still ours, in order of id, until the transaction ends. Return those."""
    [first, *others] = claimed
    rows = sql.rows(LOCK, _fence(claimed)) if others else sql.rows(LOCK_ONE, [first.id, first.attempt])
    ours = {row[0] for row in rows}
    return [each for each in claimed if each.id in ours]


def finish(claimed: Sequence[Claimed], outcome: str = "done") -> None:
    """Mark done. Raises LostLease unless every row is still ours, so that the caller's transaction goes back."""
    with transaction.atomic() if any(each.member_of for each in claimed) else nullcontext():
        _finish(claimed, outcome)
        counting.settled(each.member_of for each in claimed)


def finish_unless_done(claimed: Claimed) -> None:
    """Mark done what may be already, by a statement whose answer was lost with the connection. Raises LostLease."""
    if not sql.value(IS_DONE, [claimed.id, claimed.attempt]):
        finish([claimed])


def _finish(claimed: Sequence[Claimed], outcome: str) -> None:
    finished = sql.run(FINISH, [outcome[:OUTCOME_SIZE], *_fence(claimed)])
    if finished != len(claimed):
        raise LostLease(f"{claimed[0].task}: {len(claimed) - finished} of {len(claimed)} taken over")


def _fence(claimed: Sequence[Claimed]) -> list[str]:
    return [sql.array(each.id for each in claimed), sql.array(each.attempt for each in claimed)]
