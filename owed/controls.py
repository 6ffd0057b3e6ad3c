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
