"""What operators were last notified of."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models


class Alarms(models.Manager["Alarm"]):
    def raise_once(self, name: str, now: datetime) -> bool:
        """Note that something is wrong from now on. Return whether it was well before."""
        _alarm, is_new = self.get_or_create(name=name, defaults={"since": now})
        return is_new

    def end(self, name: str) -> None:
        """Note that it is well again: the next time is said again. Safe to do twice."""
        self.filter(name=name).delete()

    def move_on(self, name: str, *, seen: datetime | None, now: datetime) -> bool:
        """Note that all until now was said, where it was said until `seen` before. Return whether this process is the one."""
        if seen is None:
            return self.raise_once(name, now)
        return self.filter(name=name, since=seen).update(since=now) == 1


class Alarm(models.Model):
    """One row for each alarm: `since` when it lasts, or until when it was reported."""

    name = models.CharField(max_length=40, primary_key=True)
    since = models.DateTimeField()

    objects: ClassVar[Alarms] = Alarms()

    def __str__(self) -> str:
        return f"{self.name} {self.since}"
