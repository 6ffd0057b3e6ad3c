"""What beat records: upkeep effects, once for each period however many schedulers run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from owed.connections import heal_connection

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def every(seconds: int, task: str) -> dict[str, Any]:
    """Return a schedule entry whose period is its key in the ledger, and which is due when beat starts."""
    return {"task": task, "schedule": float(seconds), "options": {"period": seconds}, "last_run_at": LONG_AGO}


SCHEDULE = {
    "publish what is due": every(60, "upkeep.publish_due"),
    "prove recent deliveries": every(900, "upkeep.prove"),
    "remove old effects": every(3600, "upkeep.purge_effects"),
    "remove old results": every(3600, "upkeep.purge_results"),
    "remove files of no picture": every(86_400, "media.sweep"),
    "forget old figures": every(86_400, "stats.forget"),
    "clear old sessions": every(86_400, "upkeep.clear_sessions"),
    "remove old uploads": every(86_400, "upkeep.clear_imports"),
    "remove old deliveries, notices and shares": every(86_400, "upkeep.forget_history"),
    "forget old addresses": every(86_400, "upkeep.forget_addresses"),
}


class LedgerScheduler(Scheduler):
    """Records what is due in the ledger; keeps no file, and needs the database but no broker."""

    producer: Any = None
    """Celery's own would wait for a broker that is away."""

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Record the entry's effect, on a new connection where the old one broke."""
        heal_connection()
        return super().apply_async(entry, producer, advance, **kwargs)
