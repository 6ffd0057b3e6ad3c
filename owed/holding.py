"""Hold what is owed, such as after a restore: a copy owes again what the original has done since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from . import dead_letters, sql

HELD = "held"
# What runs at this moment is left to its worker; a lease that is over belongs to no one.
HOLD = """
UPDATE effects_effect SET state = 'dead', finished_at = clock_timestamp(), outcome = %(held)s
WHERE finished_at IS NULL AND (state <> 'running' OR wake_at <= clock_timestamp())
    AND (cardinality(%(tasks)s::text[]) = 0 OR task = ANY(%(tasks)s))
RETURNING task
"""
FIND = """
SELECT id, task FROM effects_effect WHERE state = 'dead' AND outcome = %(held)s
    AND (cardinality(%(tasks)s::text[]) = 0 OR task = ANY(%(tasks)s))
ORDER BY id
"""


def hold(tasks: Sequence[str] = ()) -> Counter[str]:
    """Make what is owed under these names, or all, a dead letter that says `held`. Return how many by name.

    Nothing runs it until release(). Call it while no worker runs: a worker finishes what it has begun.
    """
    return Counter(task for (task,) in sql.rows(HOLD, {"held": HELD, "tasks": list(tasks)}))


def held(tasks: Sequence[str] = ()) -> Counter[str]:
    """Return how many are held, by name."""
    return Counter(task for _, task in _found(tasks))


def release(tasks: Sequence[str] = ()) -> int:
    """Owe again what is held under these names, or all. Return how many."""
    return dead_letters.replay([pk for pk, _ in _found(tasks)])


def _found(tasks: Sequence[str]) -> list[tuple[int, str]]:
    return sql.rows(FIND, {"held": HELD, "tasks": list(tasks)})
