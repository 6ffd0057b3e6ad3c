"""One export that a person asked for: how far it is, and where its file waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.exporter import effects
from owed import owe
from owed.models import Effect

KEPT = timedelta(days=7)


class ExportState(models.TextChoices):
    BUILDING = "building", _("Being built")
    DONE = "done", _("Ready")


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: User) -> ExportQuerySet:
        """Return those that the user asked for, and all for a superuser: the file holds everyone's addresses."""
        return self.all() if user.is_superuser else self.filter(user=user)

    @transaction.atomic
    def ask(self, user: User) -> Export:
        """Owe an export to the user; the one that is being built, where there is one."""
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        for each in self.filter(user=user, state=ExportState.BUILDING).order_by("pk"):
            if not each.is_stalled:
                return each
        made = self.create(user=user)
        owe(effects.build_export.si(export_id=made.pk), about=made.about)
        return made


class Export(models.Model):
    """An export. `total` and `done` count posts and pictures, `file` is a name in the storage of exports."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="exports")
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.BUILDING)
    file = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ExportQuerySet] = ExportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=ExportState.values), name="export_state_known")
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def about(self) -> str:
        return f"export:{self.pk}"

    @property
    def is_working(self) -> bool:
        return self.state == ExportState.BUILDING

    @property
    def is_stalled(self) -> bool:
        """Return whether nothing works on it any more: its effect failed for good, or was discarded."""
        if not self.is_working:
            return False
        owed = Effect.objects.filter(about=self.about, finished_at=None)
        return Export.objects.filter(~models.Exists(owed), pk=self.pk, state=ExportState.BUILDING).exists()

    @property
    def expires_at(self) -> datetime | None:
        """Return when its file is deleted."""
        return self.finished_at + KEPT if self.finished_at else None

    def forget_file(self) -> None:
        """Delete the file. Safe to do twice."""
        if self.file:
            exports().delete(self.file)
            self.file = ""
            self.save(update_fields=["file"])


def exports() -> Storage:
    """Return where exports wait for their download. It has no public address."""
    return storages["exports"]
