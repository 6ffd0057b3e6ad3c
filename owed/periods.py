"""Once for each period: what two schedulers record, the ledger holds once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import sql

if TYPE_CHECKING:
    from .declaration import Declaration

FIRST = """
INSERT INTO effects_tick (task, period)
SELECT name, floor(extract(epoch FROM clock_timestamp()) / %s) FROM unnest(%s::text[]) AS name ORDER BY name
ON CONFLICT DO NOTHING
"""
PURGE = """
DELETE FROM effects_tick
WHERE period < (SELECT max(period) FROM effects_tick AS newest WHERE newest.task = effects_tick.task)
"""


def first_in_period(effect: Declaration[Any], seconds: float | None) -> bool:
    """Return whether this effect is still to be recorded in the current period, and take the period. None: always.

    Under all its names: a scheduler of the release before records it under the one that it knows.
    """
    if seconds is None:
        return True
    # All names or none: they are inserted in one order, so that the second scheduler waits for the first and then loses.
    return sql.run(FIRST, [seconds, effect.names]) == len(effect.names)


def forget_past_periods() -> None:
    """Keep the newest period of each task."""
    sql.run(PURGE)
