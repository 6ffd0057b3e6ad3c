"""One import of a mailing list: the upload, what its columns mean, how far it is, and a report by line."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import ClassVar

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.storing import store
from app.newsletter import effects
from app.newsletter.errors import ListNotReady, NoAddressColumn
from owed import owe
from owed.models import Effect


class ListState(models.TextChoices):
    CHOOSING = "choosing", gettext_lazy("Columns to choose")
    CHECKING = "checking", gettext_lazy("Being checked")
    CHECKED = "checked", gettext_lazy("Checked")
    IMPORTING = "importing", gettext_lazy("Being imported")
    DONE = "done", gettext_lazy("Imported")
    FAILED = "failed", gettext_lazy("Failed")


class Outcome(models.TextChoices):
    """What became of a line. Every line of a file is counted under one of these."""

    ADDED = "added", gettext_lazy("Added")
    ASKED = "asked", gettext_lazy("Added and asked to confirm")
    WAITING = "waiting", gettext_lazy("Added as not confirmed")
    LEFT = "left", gettext_lazy("Added as unsubscribed")
    BOUNCED = "bounced", gettext_lazy("Added as bounced")
    KNOWN = "known", gettext_lazy("Here already")
    KEPT_OUT = "kept_out", gettext_lazy("Kept out")
    REPEATED = "repeated", gettext_lazy("Repeated in the file")
    UNREADABLE = "unreadable", gettext_lazy("Not imported")


WORKING = {ListState.CHECKING: effects.check_list, ListState.IMPORTING: effects.import_list}


class ListImports(models.Manager["ListImport"]):
    @transaction.atomic
    def upload(self, file: File[bytes], *, by: User | None) -> ListImport:
        """Keep an uploaded list where the public cannot read it. Raises NotStored."""
        name = PurePosixPath((file.name or "").replace("\\", "/")).name[-200:] or "list.csv"
        made = self.create(user=by, name=name, size=file.size or 0)
        made.file = store(uploads(), f"subscribers-{made.pk}.csv", file)
        made.save(update_fields=["file"])
        return made


class ListImport(models.Model):
    """An upload. `mapping` names what each of `columns` is; `done` of `total` records are worked on; `counts` by outcome."""

    State = ListState

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=255)
    file = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=9, choices=ListState, default=ListState.CHOOSING)
    format = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, default=",")
    has_header = models.BooleanField(default=True)
    columns = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(default=list, blank=True)
    consent = models.TextField(blank=True)
    ask = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ListImports] = ListImports()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=ListState.values), name="list_import_state_known")
        ]

    def __str__(self) -> str:
        return f"list {self.pk}: {self.name}"

    @property
    def about(self) -> str:
        return f"list:{self.pk}"

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def is_stalled(self) -> bool:
        """Return whether nothing works on it any more, because its effect failed for good."""
        if not self.is_working:
            return False
        # One statement, one snapshot: a worker may finish between the reading of this row and that of its effects.
        owed = Effect.objects.filter(about=self.about, finished_at=None)
        return ListImport.objects.filter(~models.Exists(owed), pk=self.pk, state=self.state).exists()

    @property
    def can_choose(self) -> bool:
        return bool(self.file) and self.state in {ListState.CHOOSING, ListState.CHECKED}

    @transaction.atomic
    def choose(self, mapping: list[str], *, consent: str, ask: bool) -> None:
        """Say what the columns are and how these people agreed, and owe the check. Raises ListNotReady, NoAddressColumn."""
        if mapping.count("email") != 1:
            raise NoAddressColumn
        self._move({ListState.CHOOSING, ListState.CHECKED}, ListState.CHECKING, mapping=mapping, consent=consent, ask=ask)

    @transaction.atomic
    def begin(self) -> None:
        """Let workers import it. Raises ListNotReady unless it was checked and its file is still here."""
        self._move({ListState.CHECKED}, ListState.IMPORTING)
        self.lines.all().delete()

    @transaction.atomic
    def resume(self) -> None:
        """Let a worker go on where it stopped. Raises ListNotReady."""
        if not self.is_stalled or not self.file:
            raise ListNotReady
        self.owe_work()

    def _move(self, before: set[ListState], after: ListState, **values: object) -> None:
        ready = ListImport.objects.filter(pk=self.pk, state__in=before).exclude(file="")
        if not ready.update(state=after, done=0, counts={}, error="", updated_at=timezone.now(), **values):
            raise ListNotReady
        self.refresh_from_db()
        self.owe_work()

    def owe_work(self) -> None:
        """Owe the next part of what its state asks for."""
        owe(WORKING[ListState(self.state)].si(list_id=self.pk), about=self.about)

    def finish(self, state: ListState, *, error: str = "") -> None:
        """Record how the step ended."""
        now = timezone.now()
        self.state, self.error, self.updated_at = state, error, now
        self.finished_at = now if state in {ListState.DONE, ListState.FAILED} else None
        self.save(update_fields=["state", "error", "updated_at", "finished_at"])

    def forget_file(self) -> None:
        """Delete the upload. Safe to do twice."""
        if self.file:
            uploads().delete(self.file)
            self.file = ""
            self.save(update_fields=["file"])


class ListLine(models.Model):
    """A line of which there is more to say than that it was added.

    `text` is how it begins, where it is not a subscriber's: what is kept of a subscriber goes when they are erased.
    """

    run = models.ForeignKey(ListImport, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=200, blank=True)
    subscriber = models.ForeignKey("newsletter.Subscriber", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "outcome", "line"], name="list_line_by_outcome")]

    def __str__(self) -> str:
        return f"line {self.line} of list {self.run_id}"


def uploads() -> Storage:
    """Return where uploads wait for their import. It has no public address."""
    return storages["imports"]
