"""What the clock owes, as rows: a scheduler records what is due, each time once, however many of them run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from . import clock, origin, registry, scheduling
from .outcomes import BadArguments
from .recording import Owed, owe
from .scheduling import Plan
from .timing import BadTiming, Timing

LATE = timedelta(minutes=5)
"""After which a time counts as missed."""
EDITABLE = ("cron", "zone", "every", "missed")


class Missed(models.TextChoices):
    ONCE = "once", gettext_lazy("Make up for all of them with one run")
    SKIP = "skip", gettext_lazy("Leave them out")


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def runnable(self) -> ScheduleQuerySet:
        """Return those that this release can run: it knows the effect, and the schedule unless an operator added it."""
        known = self.filter(task__in=[name for each in registry.declared() for name in each.names])
        return known.filter(Q(added=True) | Q(name__in=[plan.name for plan in scheduling.declared()]))

    def due(self, now: datetime | Now) -> ScheduleQuerySet:
        return self.runnable().filter(next_at__lte=now, paused_at=None)

    def overdue(self, now: datetime) -> ScheduleQuerySet:
        """Return those that no scheduler has run for so long that none can be running."""
        return self.due(now - timedelta(minutes=1))


class Schedule(models.Model):
    """One call of an effect that comes round. Its times only go forward, and each is taken under the row's lock."""

    name = models.CharField(max_length=100, unique=True)
    task = models.CharField(max_length=100)
    args = models.JSONField(default=dict, blank=True)
    cron = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    every = models.PositiveIntegerField(null=True, blank=True)
    """Seconds; null where there is a cron expression."""
    missed = models.CharField(max_length=4, choices=Missed, default=Missed.ONCE)
    added = models.BooleanField(default=False, editable=False)
    """By an operator: the code does not declare it."""
    edited_at = models.DateTimeField(null=True, editable=False)
    edited_by = models.CharField(max_length=150, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_by = models.CharField(max_length=150, blank=True, editable=False)
    paused_why = models.CharField(max_length=200, blank=True, editable=False)
    next_at = models.DateTimeField(editable=False)
    slot_at = models.DateTimeField(null=True, editable=False)
    """The last planned time that was taken."""
    last_at = models.DateTimeField(null=True, editable=False)
    """When the effect was last owed, by the clock or by a person."""
    last_effect = models.BigIntegerField(null=True, editable=False)

    objects: ClassVar[models.Manager[Schedule]] = ScheduleQuerySet.as_manager()

    class Meta:
        db_table = "effects_schedule"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cron="", every__isnull=False) | (~Q(cron="") & Q(every=None)), name="schedule_cron_or_interval"
            ),
            models.CheckConstraint(condition=Q(slot_at=None) | Q(next_at__gt=F("slot_at")), name="schedule_goes_forward"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def timing(self) -> Timing:
        return Timing(cron=self.cron, zone=self.zone, every=self.every)

    @property
    def is_declared(self) -> bool:
        """Return whether this release runs it."""
        return self.added or scheduling.find(self.name) is not None

    def clean(self) -> None:
        """Refuse a time that never comes, and a call that the effect does not take. Raises ValidationError."""
        try:
            self.timing.check()
        except BadTiming as error:
            raise ValidationError(str(error)) from None
        effect = registry.find(self.task)
        if effect is None:
            raise ValidationError({"task": gettext_lazy("No effect has this name.")})
        try:
            effect.check(self.args)
        except BadArguments as error:
            raise ValidationError({"args": str(error)}) from None

    def change(self, *, by: str, **fields: Any) -> None:
        """Give it another time or policy, which the code's own does not replace from now on. Raises ValidationError."""
        with self._locked() as now:
            for name in EDITABLE:
                setattr(self, name, fields.get(name, getattr(self, name)))
            self.clean()
            self.edited_at, self.edited_by = now, by[:150]
            self._plan_next(now)

    def reset(self) -> bool:
        """Take the time and the policy that the code declares. Return whether it declares any."""
        plan = scheduling.find(self.name)
        if plan is None:
            return False
        with self._locked():
            self.edited_at, self.edited_by = None, ""
            self.save()
        self.follow(plan)
        return True

    def follow(self, plan: Plan) -> None:
        """Take what the code declares, but for the time and the policy of one that was edited."""
        with self._locked() as now:
            declared = plan.fields
            if self.edited_at is not None:
                declared = {name: value for name, value in declared.items() if name not in EDITABLE}
            changed = {name for name, value in declared.items() if getattr(self, name) != value}
            for name in changed:
                setattr(self, name, declared[name])
            if changed.intersection(EDITABLE):
                self._plan_next(now)
            elif changed:
                self.save()

    def pause(self, *, by: str, why: str = "") -> bool:
        """Run it no more until resume(). Return whether it was running until now."""
        facts = {"paused_at": clock.now(), "paused_by": by[:150], "paused_why": why[:200]}
        return bool(Schedule.objects.filter(pk=self.pk, paused_at=None).update(**facts))

    def resume(self) -> bool:
        """Go on with the next time; those that passed meanwhile are left out. Return whether it was paused."""
        with self._locked() as now:
            if self.paused_at is None:
                return False
            self.paused_at, self.paused_by, self.paused_why = None, "", ""
            self._plan_next(now)
        return True

    def run_now(self) -> Owed:
        """Owe the effect now, paused or not; the planned times stay. Raises UnknownEffect, BadArguments."""
        with self._locked() as now:
            return self._owe(now)

    def take(self, now: datetime) -> bool:
        """Take the time that has come, and owe the effect. Return whether that was owed.

        Nothing is owed where another scheduler was faster, where the time was missed and is to be left out, and where the run
        before has not begun: that one will see all that this one would.
        """
        with self._locked():
            if self.paused_at is not None or self.next_at > now:
                return False
            is_left_out = self.missed == Missed.SKIP and now - self.next_at > LATE
            self.slot_at = self.next_at
            self._plan_next(now)
            if is_left_out or self._has_one_waiting():
                return False
            self._owe(now)
        return True

    def _owe(self, now: datetime) -> Owed:
        with origin.said(f"schedule:{self.name}"):
            owed = owe(registry.get(self.task).si(**self.args))
        self.last_at, self.last_effect = now, owed.ids[0]
        self.save()
        return owed

    def _has_one_waiting(self) -> bool:
        from .models import Effect

        return Effect.objects.filter(pk=self.last_effect or 0, finished_at=None, attempt=0).exists()

    def _plan_next(self, now: datetime) -> None:
        self.next_at = self.timing.next_after(max(now, self.slot_at or now))
        self.save()

    @contextmanager
    def _locked(self) -> Iterator[datetime]:
        """Read the row again, and keep it for the block: a second scheduler waits, and then sees the next time."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Schedule.objects.select_for_update())
            yield clock.now()


def sync() -> None:
    """Make a row of each schedule that the code declares, and let those that no one edited follow it. Raises BadTiming."""
    for plan in scheduling.declared():
        _check(plan)
        fields = {**plan.fields, "next_at": plan.timing.next_after(clock.now())}
        row, is_new = Schedule.objects.get_or_create(name=plan.name, defaults=fields)
        if not is_new:
            row.follow(plan)


def _check(plan: Plan) -> None:
    try:
        plan.timing.check()
    except BadTiming as bad:  # a scheduler that does not start has to say which of many it is
        raise BadTiming(f"{plan.name}: {bad}") from None


def tick() -> list[str]:
    """Record what is due. Return the names of the schedules that this process ran. Safe in any number of processes."""
    found = list(Schedule.objects.due(Now()).order_by("next_at", "pk"))
    if not found:
        return []
    now = clock.now()
    return [each.name for each in found if each.take(now)]
