"""One statement at a time, and locks by name that end with the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from .outcomes import NotInTransaction

Params = Sequence[Any] | Mapping[str, Any]

# unnest() keeps the array's order: all holders of several names take them in the same order, so that two never deadlock.
HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name"
TRY_HOLD = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"

# The table holds no more than a person has paused: a claim reads one page of it.
NOT_PAUSED = """NOT EXISTS (
    SELECT FROM effects_pause AS pause WHERE pause.queue = effects_effect.queue OR pause.task = effects_effect.task)"""


def rows(statement: str, params: Params = ()) -> list[Any]:
    """Return the rows that the statement selects or returns, as tuples."""
    with connection.cursor() as cursor:
        # None in place of an empty list: only then does a driver leave a literal % alone.
        cursor.execute(statement, params or None)
        return list(cursor.fetchall())


def value(statement: str, params: Params = ()) -> Any:
    """Return the first column of the first row. Raises IndexError where there is none."""
    return rows(statement, params)[0][0]


def run(statement: str, params: Params = ()) -> int:
    """Execute the statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return int(cursor.rowcount)


def array(numbers: Iterable[int]) -> str:
    """Return an array as PostgreSQL writes it, for `%s::bigint[]`: a driver adapts a list number by number, in Python."""
    return "{" + ",".join(map(str, numbers)) + "}"


def text_array(texts: Iterable[str]) -> str:
    """Return an array as PostgreSQL writes it, for `%s::text[]`: ten times as fast as a list of long texts."""
    return "{" + ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts) + "}"


def hold(*names: str) -> None:
    """Wait until no other transaction holds any of these names, and hold them until this one ends.

    A name is free text, such as "search:12". Raises NotInTransaction: alone, the lock would end with its statement.
    """
    _in_transaction()
    rows(HOLD, [sorted(names)])


def try_hold(name: str) -> bool:
    """Hold the name until the transaction ends, unless another does now. Return whether it is held. Raises NotInTransaction."""
    _in_transaction()
    return bool(value(TRY_HOLD, [name]))


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction("the lock would end with its own statement: open transaction.atomic() around what it protects")
