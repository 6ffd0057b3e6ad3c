"""When this database was restored, and from what."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models


class RestoreQuerySet(models.QuerySet["Restore"]):
    def last_moment(self) -> datetime | None:
        """Return when this database was last restored, None where it never was."""
        return self.order_by("-restored_at").values_list("restored_at", flat=True).first()


class Restore(models.Model):
    """A restore from a backup that was made at `made_at`; what was owed then may have been sent by the original since."""

    made_at = models.DateTimeField()
    restored_at = models.DateTimeField(unique=True)
    held = models.PositiveIntegerField()
    """How many effects came with the backup and were put aside."""

    objects: ClassVar[RestoreQuerySet] = RestoreQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"restore of {self.restored_at:%Y-%m-%d %H:%M} UTC, from a backup of {self.made_at:%Y-%m-%d %H:%M} UTC"
