"""When a digest is due: at an hour of the reader's own day, every day or on one day of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.newsletter.models import MailingSettings
from app.site.current import site

MISSED_DAILY = timedelta(days=7)
# Longer than a week: a reader may have moved west in the week, and gets their digest so much later.
MISSED_WEEKLY = timedelta(days=9)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The last time at which a digest was due. `period` is that day where the reader is."""

    period: date
    due_at: datetime
    missed_before: datetime
    """What was due here or earlier is too old to be mailed: posts from before this time."""


def last_slot(now: datetime, time_zone: str, *, weekly: bool) -> Slot:
    """Return the last slot of the readers in this time zone; an empty or unknown name is the publication's."""
    chosen, zone = MailingSettings.now(), _zone(time_zone)
    weekday = chosen.digest_weekday if weekly else None
    period, due_at = last_due(now, zone, hour=chosen.digest_hour, weekday=weekday)
    _day, missed_before = last_due(now - (MISSED_WEEKLY if weekly else MISSED_DAILY), zone, chosen.digest_hour, weekday)
    return Slot(period=period, due_at=due_at, missed_before=missed_before)


def last_due(now: datetime, zone: ZoneInfo, hour: int, weekday: int | None) -> tuple[date, datetime]:
    """Return the last day on which the clocks of this zone have shown the hour, and that moment."""
    local = now.astimezone(zone)
    # By the clock on the wall: where it is put forward over the hour, the day's slot begins with the next minute it shows.
    day = local.date() if local.time() >= time(hour) else local.date() - timedelta(days=1)
    if weekday is not None:
        day -= timedelta(days=(day.weekday() - weekday) % 7)
    return day, datetime.combine(day, time(hour), tzinfo=zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else site().zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # The machine knows fewer zones than the one on which this was chosen.
        return site().zone
