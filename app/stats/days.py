"""Days of the site's time zone: when they begin and end, whatever a clock change makes of them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from app.site.current import site

DAY = timedelta(days=1)


def day_of(moment: datetime) -> date:
    """Return the day of the site's time zone in which the moment lies."""
    return timezone.localdate(moment, site().zone)


def begin(day: date) -> datetime:
    """Return the first moment of the day. The day's end is the begin of the next: it may have 23 or 25 hours."""
    return datetime.combine(day, time.min, tzinfo=site().zone)
