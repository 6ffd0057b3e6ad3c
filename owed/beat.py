"""Celery beat as the scheduler: `celery -A shop beat --scheduler owed.beat:LedgerScheduler`, or by `beat_scheduler`."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.db import DatabaseError, InterfaceError, connection

from . import registry, schedules
from .connections import heal_connection

logger = logging.getLogger(__name__)
PERIOD = 1.0


class LedgerScheduler(Scheduler):
    """Runs the schedules of the ledger, and the entries of Celery's own settings. Keeps no file, needs no broker."""

    producer: Any = None
    """Celery's own would wait for a broker that is away."""
    synced = False

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Record what is due. Return the seconds until it is to be asked again."""
        rest = float(super().tick(*args, **kwargs))
        try:
            self._run_schedules()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("schedules not run; trying again", extra={"reason": type(error).__name__})
            connection.close()
        return min(rest, PERIOD)

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Record the effect of an entry of the settings, on a new connection where the old one broke."""
        heal_connection()
        return super().apply_async(entry, producer, advance, **kwargs)

    def _run_schedules(self) -> None:
        heal_connection()
        if not self.synced:
            registry.load()
            schedules.sync()
            self.synced = True
        for name in schedules.tick():
            logger.info("schedule run", extra={"schedule": name})
