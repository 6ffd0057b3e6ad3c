"""Sets: how many effects of each are not settled, and the effect that is owed with the end of the last.

Counted in the transaction that settles them. Every transaction locks effects first, in order of id, then sets, in order of
id, and waits for no effect after that: two that end members of one set wait for each other's commit, and never deadlock.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import transaction

from . import crash, sql
from .conf import ring_after
from .rows import COLUMNS, TYPES, VALUES, Row
from .waker import waker

# The set has the id of the effect that it ends with: known from the beginning, and no other can be owed in its place.
DECLARE = """
INSERT INTO effects_set (id, size, outstanding, about, call, created_at)
VALUES (nextval(pg_get_serial_sequence('effects_effect', 'id')), %s, %s, %s, %s::jsonb, clock_timestamp())
RETURNING id
"""
# Follows a CTE `ended (id, number)`: how many members of which set are settled; less than 0 where some are owed again.
COUNT = f"""
counting AS (
    SELECT effects_set.id, ended.number FROM effects_set JOIN ended ON ended.id = effects_set.id
    WHERE effects_set.owed_at IS NULL ORDER BY effects_set.id FOR UPDATE OF effects_set
), counted AS (
    UPDATE effects_set SET outstanding = greatest(0, outstanding - counting.number),
        owed_at = CASE WHEN outstanding <= counting.number THEN clock_timestamp() END
    FROM counting WHERE effects_set.id = counting.id AND effects_set.owed_at IS NULL
    RETURNING effects_set.id, call, effects_set.owed_at AS complete_at
), released AS (
    INSERT INTO effects_effect (id, {COLUMNS})
    SELECT counted.id, {VALUES}
    FROM counted, jsonb_to_record(call || jsonb_build_object('delay', greatest((call ->> 'delay')::float8,
         extract(epoch FROM (call ->> 'eta')::timestamptz - clock_timestamp())))) AS owed ({TYPES})
    WHERE complete_at IS NOT NULL
    RETURNING id, task, state
)
"""  # noqa: S608 - constants of this package
SETTLE = f"""
WITH ended AS (SELECT * FROM unnest(%(sets)s::bigint[], %(numbers)s::bigint[]) AS ended (id, number)), {COUNT}
SELECT id, task FROM released WHERE state = 'ready'
"""  # noqa: S608 - constants
# A settled member that another is counting at this moment is counted once that has committed: sets in use are passed over.
OPEN = """
SELECT id, outstanding FROM effects_set WHERE owed_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %s)
AND id > %s ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
"""
PENDING = """
SELECT member_of, count(*) FROM effects_effect WHERE member_of = ANY(%s::bigint[]) AND finished_at IS NULL GROUP BY member_of
"""
FORGET = """
DELETE FROM effects_set WHERE id IN (
    SELECT id FROM effects_set WHERE owed_at < clock_timestamp() - make_interval(secs => %s) ORDER BY owed_at LIMIT %s)
"""


def declare(size: int, then: Row, eta: str | None) -> int:
    """Write a set of so many members, and what is owed when all are settled. Return its id, which that effect will have."""
    call = json.dumps({**vars(then), "eta": eta})
    number: int = sql.value(DECLARE, [size, size, then.about, call])
    return number


def settled(sets: Iterable[int | None]) -> None:
    """Count one off for each mention of a set, and owe what follows the last. Call it in the transaction that settles them."""
    _count(Counter(each for each in sets if each is not None))


def owed_again(sets: Iterable[int | None]) -> None:
    """Count members back in, of sets that are not complete; what followed a complete one is not owed twice."""
    _count(Counter({each: -number for each, number in Counter(sets).items() if each is not None}))


def recount(older_than: float = 60.0) -> int:
    """Correct the count of sets by their members. Return how many were wrong.

    They are where a worker of a release that knows no sets settled a member, or rows were deleted by hand.
    """
    wrong, last = _recount_some(older_than, 0)
    while last is not None:
        found, last = _recount_some(older_than, last)
        wrong += found
    return wrong


@transaction.atomic
def _recount_some(older_than: float, after: int) -> tuple[int, int | None]:
    # Two statements: the second sees what those have committed that held these sets until now.
    known = sql.rows(OPEN, [older_than, after])
    if not known:
        return 0, None
    pending = dict(sql.rows(PENDING, [sql.array(pk for pk, _ in known)]))
    wrong = Counter({pk: number - pending.get(pk, 0) for pk, number in known if number != pending.get(pk, 0)})
    _count(wrong)
    return len(wrong), known[-1][0]


def ring(released: Sequence[tuple[str, int]]) -> None:
    """Send hints of what is owed now, when the transaction is committed."""
    if released:
        transaction.on_commit(lambda: waker.wake(released), robust=True)


def _count(numbers: Counter[int]) -> None:
    if not numbers:
        return
    crash.point("before-count")
    sets = {"sets": sql.array(numbers), "numbers": sql.array(numbers.values()), "ring_after": ring_after()}
    ring([(task, pk) for pk, task in sql.rows(SETTLE, sets)])
