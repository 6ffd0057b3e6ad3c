"""The one clock that all processes share."""

from __future__ import annotations

from datetime import datetime

from . import sql


def now() -> datetime:
    """Return the database's time. Whatever decides over processes or machines asks this clock, never its own."""
    moment: datetime = sql.value("SELECT clock_timestamp()")
    return moment
