"""Once for each period: what two schedulers record, the ledger holds once."""

from __future__ import annotations

from django.db import connection

FIRST = """
INSERT INTO effects_tick (task, period) VALUES (%s, floor(extract(epoch FROM clock_timestamp()) / %s))
ON CONFLICT DO NOTHING
"""
PURGE = """
DELETE FROM effects_tick
WHERE period < (SELECT max(period) FROM effects_tick AS newest WHERE newest.task = effects_tick.task)
"""


def first_in_period(task: str, seconds: float | None) -> bool:
    """Return whether nobody has recorded this task in the current period, and take it. None: always."""
    if seconds is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(FIRST, [task, seconds])
        return bool(cursor.rowcount == 1)


def forget_past_periods() -> None:
    """Keep the newest period of each task."""
    with connection.cursor() as cursor:
        cursor.execute(PURGE)
