"""What came in and what went out, by minute, hour and in total: small rows, counted once a minute by roll_up()."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds of the buckets of a histogram, in seconds; one more bucket holds what took longer."""
COUNTS = ("owed", "done", "retried", "lost", "dead")
HISTOGRAMS = ("ran", "late")


def empty() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


class Span(models.TextChoices):
    MINUTE = "minute"
    HOUR = "hour"
    TOTAL = "total"


STEP = {Span.MINUTE: timedelta(minutes=1), Span.HOUR: timedelta(hours=1)}
KEPT = {Span.MINUTE: timedelta(hours=3), Span.HOUR: timedelta(days=35)}


class Figures(models.Model):
    """What happened to the effects of one name in one minute, in one hour, or since the first roll-up."""

    span = models.CharField(max_length=6, choices=Span)
    at = models.DateTimeField()
    """When the span began; for a total, when it was begun."""
    task = models.CharField(max_length=100)
    queue = models.CharField(max_length=50)
    owed = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    retried = models.BigIntegerField(default=0)
    lost = models.BigIntegerField(default=0)
    """Attempts whose worker died or froze."""
    dead = models.BigIntegerField(default=0)
    ran = models.JSONField(default=empty)
    """How long the last attempt of what was done took, by BOUNDS."""
    ran_sum = models.FloatField(default=0.0)
    late = models.JSONField(default=empty)
    """How long after its time what was done at the first attempt began, by BOUNDS."""
    late_sum = models.FloatField(default=0.0)

    class Meta:
        db_table = "effects_figures"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["span", "at", "task"], name="figures_once", condition=~models.Q(span="total")),
            models.UniqueConstraint(fields=["task"], name="figures_total_once", condition=models.Q(span="total")),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.span} {self.at}"

    def add(self, other: Figures) -> None:
        """Count what the other counted."""
        for name in (*COUNTS, "ran_sum", "late_sum"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in HISTOGRAMS:
            setattr(self, name, [a + b for a, b in zip(getattr(self, name), getattr(other, name), strict=True)])


class RolledUp(models.Model):
    """How far roll_up() has counted; one row."""

    until = models.DateTimeField()
    newest = models.BigIntegerField(default=0)
    """What has a smaller id was owed before that, but for what was committed late."""

    class Meta:
        db_table = "effects_rolled_up"

    def __str__(self) -> str:
        return f"until {self.until}"


@dataclass
class Point:
    """What happened in one step of a plot."""

    at: datetime
    owed: int = 0
    done: int = 0
    failed: int = 0


@dataclass
class History:
    """One queue over some time: its sums, percentiles in seconds, and its steps without gaps."""

    queue: str
    owed: int = 0
    done: int = 0
    retried: int = 0
    lost: int = 0
    dead: int = 0
    ran: list[int] = field(default_factory=empty)
    late: list[int] = field(default_factory=empty)
    points: list[Point] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Return how many attempts failed."""
        return self.retried + self.lost + self.dead

    @property
    def ran_p50(self) -> float | None:
        return percentile(self.ran, 0.5)

    @property
    def ran_p95(self) -> float | None:
        return percentile(self.ran, 0.95)

    @property
    def late_p95(self) -> float | None:
        return percentile(self.late, 0.95)

    def count(self, row: Figures, point: Point) -> None:
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(row, name))
        self.ran = [a + b for a, b in zip(self.ran, row.ran, strict=True)]
        self.late = [a + b for a, b in zip(self.late, row.late, strict=True)]
        point.owed += row.owed
        point.done += row.done
        point.failed += row.retried + row.lost + row.dead

    @classmethod
    def of(cls, queue: str, starts: Sequence[datetime]) -> Self:
        return cls(queue, points=[Point(at) for at in starts])


def history(span: Span, steps: int, until: datetime) -> dict[str, History]:
    """Return each queue's last steps, a minute or an hour each, up to the one that holds `until`."""
    step = STEP[span]
    last = until.replace(second=0, microsecond=0)
    last = last if span == Span.MINUTE else last.replace(minute=0)
    starts = [last - step * back for back in range(steps - 1, -1, -1)]
    places = {start: place for place, start in enumerate(starts)}
    queues: dict[str, History] = {}
    for row in Figures.objects.filter(span=span, at__gte=starts[0]).order_by("queue", "at", "pk"):
        if row.at in places:
            shown = queues.setdefault(row.queue, History.of(row.queue, starts))
            shown.count(row, shown.points[places[row.at]])
    return queues


def totals() -> list[Figures]:
    """Return what happened since the first roll-up, by name of effect."""
    return list(Figures.objects.filter(span=Span.TOTAL).order_by("task"))


def forget_old() -> None:
    """Remove minutes and hours that no plot shows any more."""
    for span, age in KEPT.items():
        Figures.objects.filter(span=span, at__lt=Now() - age).delete()


def percentile(buckets: Iterable[int], share: float) -> float | None:
    """Return the time within which this share stayed, interpolated in its bucket; None where nothing was counted."""
    counts = list(buckets)
    wanted, seen = share * sum(counts), 0
    for place, count in enumerate(counts):
        if count and seen + count >= wanted:
            low = BOUNDS[place - 1] if place else 0.0
            high = BOUNDS[place] if place < len(BOUNDS) else low
            return low + (high - low) * (wanted - seen) / count
        seen += count
    return None
