"""When a schedule comes round: a cron expression in a time zone, or every so many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

FIELDS = 5
LONGEST = timedelta(days=366)


class BadTiming(ValueError):
    """Not a time that a schedule can have; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Either a cron expression of five fields, as Debian's cron reads it in the zone, or an interval in seconds.

    Intervals are counted from 1970 in UTC, so that all processes agree on when one ends: every hour is on the hour.
    """

    cron: str = ""
    zone: str = "UTC"
    every: int | None = None

    def check(self) -> None:
        """Raise BadTiming unless there is a next time."""
        if bool(self.cron) == bool(self.every):
            raise BadTiming(_("Give either a cron expression or an interval."))
        if self.every is not None and not 1 <= self.every <= LONGEST.total_seconds():
            raise BadTiming(_("An interval is between one second and a year."))
        self.next_after(datetime.now(UTC))

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after the moment. Raises BadTiming.

        On the days when clocks change, as Debian's cron: what falls into the hour that is left out runs right after it, what
        falls into the hour that comes twice runs once, in the first; what runs every hour or more often keeps its distance.
        """
        if self.every is not None:
            return datetime.fromtimestamp((int(moment.timestamp()) // self.every + 1) * self.every, UTC)
        return self._next_by_cron(moment)

    def __str__(self) -> str:
        return self.cron if self.every is None else _("every %(length)s") % {"length": length(self.every)}

    def _next_by_cron(self, moment: datetime) -> datetime:
        from cronsim import CronSim, CronSimError

        if len(self.cron.split()) != FIELDS:
            raise BadTiming(_("A cron expression has five fields: minute, hour, day, month, day of the week."))
        try:
            times = CronSim(self.cron, moment.astimezone(self._tz))
        except CronSimError as error:
            raise BadTiming(_("Not a cron expression: %(why)s.") % {"why": error}) from None
        # In the hour that comes twice the first time found may be in its first half, and the moment in its second.
        found = next((time for time in times if time > moment), None)
        if found is None:
            raise BadTiming(_("This time never comes."))
        return found.astimezone(UTC)

    @cached_property
    def _tz(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise BadTiming(_("No such time zone: %(zone)s.") % {"zone": self.zone}) from None


def length(seconds: int) -> str:
    """Return an interval in its largest whole unit, such as "15 min"."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
