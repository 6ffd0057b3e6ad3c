"""One import: what was uploaded, how it is to be imported, how far it is, and how it ended."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.blog.storing import store
from app.importer import effects
from app.importer.errors import NothingToUndo, NotReady
from owed import Signature, owe
from owed.models import Effect

SILENT = timedelta(minutes=10)


class ImportState(models.TextChoices):
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


WORKING = {
    ImportState.CHECKING: effects.check_import,
    ImportState.IMPORTING: effects.run_import,
    ImportState.UNDOING: effects.undo_import,
}
"""The states in which a worker is busy, and the effect that it works on."""
ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.UNDONE)


class ImportQuerySet(models.QuerySet["Import"]):
    @transaction.atomic
    def upload(self, file: File[bytes], *, by: User, **options: Any) -> Import:
        """Keep an uploaded file where the public cannot read it, and owe the check of it. Raises NotStored."""
        name = PurePosixPath((file.name or "").replace("\\", "/")).name[-200:] or "upload"
        made = self.create(user=by, name=name, size=file.size or 0, **options)
        made.file = store(uploads(), f"{made.pk}{PurePosixPath(name).suffix.lower()[:10]}", file)
        made.save(update_fields=["file"])
        made.owe_work()
        return made


class Import(models.Model):
    """One import from another system. `file` is a name in the storage of uploads, empty where a command read a path.

    `left_out` are the files that are not posts: `failed` by file, `skipped` by reason, `notices`. `made` are the ids of the
    users, tags and categories that came with it. `total` and `done` count the posts of the current step.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="imports")
    name = models.CharField(max_length=255)
    file = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=9, choices=ImportState, default=ImportState.CHECKING)
    publish = models.BooleanField(default=False)
    overwrite = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    site = models.CharField(max_length=500, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, blank=True)
    made_users = ArrayField(models.BigIntegerField(), default=list, blank=True)
    made_tags = ArrayField(models.BigIntegerField(), default=list, blank=True)
    made_categories = ArrayField(models.BigIntegerField(), default=list, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ImportQuerySet] = ImportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=ImportState.values), name="import_state_known")
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.name}"

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def is_stalled(self) -> bool:
        """Return whether nothing works on it any more: the effect failed for good, or a command was killed."""
        if not self.is_working:
            return False
        by_command = not self.file and self.state == ImportState.IMPORTING
        if by_command:
            return self.updated_at < timezone.now() - SILENT
        # One statement, one snapshot: a worker may finish between the reading of this row and that of its effects.
        owed = Effect.objects.filter(about=self.about, finished_at=None)
        return Import.objects.filter(~models.Exists(owed), pk=self.pk, state=self.state).exists()

    @property
    def about(self) -> str:
        return f"import:{self.pk}"

    @property
    def can_begin(self) -> bool:
        """Return whether it was checked, and its file is still here."""
        return bool(self.file) and self.state == ImportState.CHECKED

    @property
    def can_be_undone(self) -> bool:
        ended = self.state in {ImportState.DONE, ImportState.FAILED} or (
            self.state == ImportState.IMPORTING and self.is_stalled
        )
        return ended and self.posts.brought().exists()

    @transaction.atomic
    def begin(self) -> None:
        """Let workers import it. Raises NotReady unless it was checked and its file is still here."""
        if not self.file:
            raise NotReady
        self._move({ImportState.CHECKED}, ImportState.IMPORTING, NotReady)
        self.owe_work()

    @transaction.atomic
    def undo(self) -> None:
        """Delete what it brought and no one has changed since. Raises NothingToUndo."""
        if not self.can_be_undone:
            raise NothingToUndo
        self._move({ImportState.DONE, ImportState.FAILED, ImportState.IMPORTING}, ImportState.UNDOING, NothingToUndo)
        self.owe_work()

    @transaction.atomic
    def resume(self) -> None:
        """Let a worker try again what stopped. Raises NotReady."""
        if not self.is_stalled or not (self.file or self.state == ImportState.UNDOING):
            raise NotReady
        self.owe_work()

    def _move(self, before: set[str], after: str, refusal: type[Exception]) -> None:
        found = Import.objects.filter(pk=self.pk, state__in=before)
        if not found.update(state=after, error="", done=0, updated_at=timezone.now(), finished_at=None):
            raise refusal
        self.refresh_from_db()

    def finish(self, state: str, *, error: str = "") -> None:
        """Record how the step ended."""
        now = timezone.now()
        ended = {"finished_at": now} if state in ENDED else {}
        for name, value in {"state": state, "error": error, "updated_at": now, **ended}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", "error", "updated_at", *ended])

    def owe_work(self) -> None:
        """Owe the next part of what its state asks for."""
        owe(self._work(), about=self.about)

    def _work(self) -> Signature:
        return WORKING[ImportState(self.state)].si(import_id=self.pk)

    def forget_file(self) -> None:
        """Delete the upload. Safe to do twice."""
        if self.file:
            uploads().delete(self.file)
            self.file = ""
            self.save(update_fields=["file"])


def uploads() -> Storage:
    """Return where uploads wait for their import. It has no public address."""
    return storages["imports"]
