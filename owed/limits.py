"""Rates and concurrency, kept in the database: exact over all processes and hosts, and over every restart.

Each effect that begins takes a slot of its limit. A slot of `at_most=` is free again when the attempt has ended, one of
`rate=` a period later: at no moment of any attempt have more begun within a period. What finds no slot waits without a run.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from . import registry, sql
from .signals import effect_settled

if TYPE_CHECKING:
    from .claiming import Claimed
    from .declaration import Declaration

logger = logging.getLogger("owed")
RATE = re.compile(r"([1-9]\d{0,5})/(s|min|h|d)")
PERIODS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
WAITS = "waits for its turn: the limit of its kind is reached"

READY = """
SELECT id, args, error = %s FROM effects_effect WHERE id = ANY(%s) AND state = 'ready' AND task = ANY(%s) ORDER BY id
"""
FREE = "DELETE FROM effects_slot WHERE name = ANY(%s) AND free_at <= clock_timestamp()"
TAKEN = "SELECT name, count(*) FROM effects_slot WHERE name = ANY(%s) GROUP BY name"
# Until the end of the lease and a period more, if its worker dies and never says that it has ended.
TAKE = """
INSERT INTO effects_slot (name, effect_id, attempt, taken_at, free_at)
SELECT name, effect_id, attempt, clock_timestamp(), clock_timestamp() + make_interval(secs => %s)
FROM unnest(%s::text[], %s::bigint[], %s::integer[]) AS taken (name, effect_id, attempt)
"""
GIVE_BACK = """
WITH ended AS (
    UPDATE effects_slot SET free_at = clock_timestamp() + make_interval(secs => %s)
    WHERE name LIKE %s AND effect_id = %s AND attempt = %s
    RETURNING name, extract(epoch FROM clock_timestamp() - taken_at) AS took
)
UPDATE effects_limit SET pace = 0.8 * pace + 0.2 * took FROM ended WHERE effects_limit.name = ended.name
"""
# One turn after the other, as far apart as slots become free: all at once they would only find each other's slots taken.
TURN = """
INSERT INTO effects_limit AS known (name, turn_at, pace) VALUES (%(name)s, clock_timestamp(), 0.5)
ON CONFLICT (name) DO UPDATE SET turn_at = greatest(known.turn_at, clock_timestamp())
    + make_interval(secs => (known.pace + %(period)s) / %(slots)s)
RETURNING extract(epoch FROM turn_at - clock_timestamp())::float8
"""
SOON = """
SELECT least(1, extract(epoch FROM min(free_at) - clock_timestamp()))::float8 FROM effects_slot WHERE name = %s
"""
WAIT = """
UPDATE effects_effect SET state = 'waiting', wake_at = clock_timestamp() + make_interval(secs => %s), rings = 0, error = %s
WHERE id = %s AND state = 'ready'
"""


@dataclass(frozen=True)
class Limit:
    """So many at once; with a period, each slot is free again so many seconds after its attempt has ended."""

    kind: str
    slots: int
    period: float


def parsed(rate: str, at_most: int) -> tuple[Limit, ...]:
    """Return the limits that a declaration asks for, such as "14/s", "100/min", "1000/h". Raises ValueError."""
    matched = RATE.fullmatch(rate)
    if rate and not matched:
        raise ValueError(f"rate={rate!r}: a number, / and s, min, h or d, such as 14/s")
    limits = (Limit("rate", int(matched[1]), PERIODS[matched[2]]),) if matched else ()
    return (*limits, Limit("most", at_most, 0.0)) if at_most else limits


def room(effect: Declaration[Any], ids: Sequence[int]) -> dict[int, str]:
    """Return which of these may begin now, each with the key that its limits count by; let the others wait for their turn.

    Call it in the transaction that claims them: the limits stay locked until its end.
    """
    found = {pk: (_key(effect, args), again) for pk, args, again in sql.rows(READY, [WAITS, list(ids), effect.names])}
    names = sorted({_name(effect, limit, key) for key, _ in found.values() for limit in effect.limits})
    if not names:
        return {}
    sql.hold(*names)
    sql.run(FREE, [names])
    taken = Counter[str](dict(sql.rows(TAKEN, [names])))
    may: dict[int, str] = {}
    for pk, (key, again) in found.items():
        full = [limit for limit in effect.limits if taken[_name(effect, limit, key)] >= limit.slots]
        if full and _on.get():
            _wait(pk, _name(effect, full[0], key), full[0], again=again)
            continue
        may[pk] = key
        taken.update(_name(effect, limit, key) for limit in effect.limits)
    return may


def take(effect: Declaration[Any], claimed: Mapping[int, int], keys: Mapping[int, str]) -> None:
    """Let these, by id with their attempts, hold a slot of each of their limits."""
    for limit in effect.limits:
        names = [_name(effect, limit, keys[pk]) for pk in claimed]
        sql.run(TAKE, [effect.lease + limit.period, names, list(claimed), list(claimed.values())])


def give_back(sender: object, effect: Claimed, **kwargs: Any) -> None:
    """Free the slots of an attempt that has ended, however it did."""
    known = registry.find(effect.task)
    for limit in known.limits if known else ():
        try:
            sql.run(GIVE_BACK, [limit.period, f"{limit.kind}:%", effect.id, effect.attempt])
        except DatabaseError:
            # The effect has ended, and is written down: its slot is free when the lease would have been over.
            logger.warning("slot not given back", extra={"effect": f"e{effect.id}", "limit": limit.kind}, exc_info=True)


def forget() -> None:
    """Remove what was free a day ago: a limit with by= may never be asked for under the same key again."""
    sql.run("DELETE FROM effects_slot WHERE free_at < clock_timestamp() - interval '1 day'")
    sql.run("DELETE FROM effects_limit WHERE turn_at < clock_timestamp() - interval '1 day'")


@contextmanager
def ignored() -> Iterator[None]:
    """Let everything begin at once, for tests of what effects do."""
    before = _on.set(False)
    try:
        yield
    finally:
        _on.reset(before)


# Of a thread alone: what one test lets go must not let go what another thread claims.
_on: ContextVar[bool] = ContextVar("limits", default=True)
effect_settled.connect(give_back, dispatch_uid="owed.give_back")


def _wait(pk: int, name: str, limit: Limit, *, again: bool) -> None:
    """Wait for a turn; one whose turn it was looks again when the next slot is free."""
    turn = {"name": name, "period": limit.period, "slots": limit.slots}
    seconds = sql.value(SOON, [name]) if again else sql.value(TURN, turn)
    sql.run(WAIT, [max(0.0, seconds or 0.0), WAITS, pk])


def _key(effect: Declaration[Any], args: Any) -> str:
    decoded: dict[str, Any] = json.loads(args) if isinstance(args, str) else args
    if callable(effect.by):
        return str(effect.by(**decoded))
    return str(decoded.get(effect.by, "")) if effect.by else ""


def _name(effect: Declaration[Any], limit: Limit, key: str) -> str:
    return f"{limit.kind}:{effect.name}:{key}"[:200]
