"""What a person has stopped, as rows: in force in every process, and after every restart."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class PauseQuerySet(models.QuerySet["Pause"]):
    def stopped(self) -> Q:
        """Return the condition of the effects that a pause keeps from beginning now, whether they were put aside or not."""
        found = Q(task="")  # no effect has none
        for each in self.all():
            found |= each.covers()
        return found


class Pause(models.Model):
    """A queue or a task of which nothing begins until it is resumed. One of the two is named, and the other empty."""

    queue = models.CharField(gettext_lazy("queue"), max_length=50, blank=True)
    task = models.CharField(gettext_lazy("task"), max_length=100, blank=True)
    reason = models.CharField(gettext_lazy("reason"), max_length=300)
    decided_by = models.CharField(gettext_lazy("paused by"), max_length=150)
    since = models.DateTimeField(gettext_lazy("since"))

    objects: ClassVar[models.Manager[Pause]] = PauseQuerySet.as_manager()

    class Meta:
        db_table = "effects_pause"
        ordering: ClassVar = ["queue", "task"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["queue", "task"], name="pause_once"),
            models.CheckConstraint(condition=Q(queue="") ^ Q(task=""), name="pause_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.what} paused by {self.decided_by} since {self.since:%Y-%m-%d %H:%M} UTC: {self.reason}"

    @property
    def what(self) -> str:
        return f"queue {self.queue}" if self.queue else f"task {self.task}"

    def covers(self) -> Q:
        """Return the condition of the effects that it keeps from beginning."""
        return Q(queue=self.queue) if self.queue else Q(task=self.task)


class Slot(models.Model):
    """An attempt that counts towards a limit, until `free_at`; see limits."""

    name = models.CharField(max_length=200)
    effect_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    free_at = models.DateTimeField()

    class Meta:
        db_table = "effects_slot"
        indexes: ClassVar = [
            models.Index(fields=["name", "free_at"], name="slot_of_limit"),
            models.Index(fields=["effect_id"], name="slot_of_effect"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: e{self.effect_id}"


class LimitTurn(models.Model):
    """When the next that finds no slot looks again, and how many seconds an attempt takes on average."""

    name = models.CharField(max_length=200, primary_key=True)
    turn_at = models.DateTimeField()
    pace = models.FloatField()

    class Meta:
        db_table = "effects_limit"

    def __str__(self) -> str:
        return f"{self.name} {self.turn_at}"
