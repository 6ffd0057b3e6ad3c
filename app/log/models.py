"""One entry of the audit log. Entries are only ever added, and removed by age."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Model
from django.db.models.functions import Now
from django.utils import timezone

from app.log.acting import actor
from app.log.actions import Action
from owed import clock

LABEL = 200
CHUNK = 1000


class Entries(models.Manager["Entry"]):
    def note(self, action: Action, subject: Model | str, label: str = "", **detail: Any) -> Entry | None:
        """Write what is being done, in the transaction of the change: without the change, no entry.

        `subject` is what was acted on, `label` what it was called then; `detail` holds no address and no name of a person, as
        entries outlive them. None where no person acts.
        """
        by = actor()
        if by is None:
            return None
        about = subject if isinstance(subject, str) else f"{subject._meta.model_name}:{subject.pk}"
        return self.create(action=action, subject=about, label=label[:LABEL], detail=detail, actor_id=by.user_id, via=by.via)

    def forget(self, age: timedelta, *, chunk: int = CHUNK) -> int:
        """Remove what was done so long ago. Return how many entries went."""
        removed = 0
        old = self.filter(at__lt=clock.now() - age).order_by("pk")
        while ids := list(old.values_list("pk", flat=True)[:chunk]):
            removed += self.filter(pk__in=ids).delete()[0]
        return removed


class Entry(models.Model):
    """Who did what to which thing. A person who is erased is not named any more; what they did stays."""

    at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="log_entries")
    via = models.CharField(max_length=10)
    action = models.CharField(max_length=40)  # one of Action; as choices of the field, each new one would want a migration
    subject = models.CharField(max_length=60)
    label = models.CharField(max_length=LABEL, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    objects: ClassVar[Entries] = Entries()

    class Meta:
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["actor", "-id"], name="log_of_actor"),
            models.Index(fields=["subject", "-id"], name="log_of_subject"),
            models.Index(fields=["at"], name="log_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    @property
    def what(self) -> str:
        """Return the action as a person reads it; one that no release knows any more, as it is."""
        return str(Action(self.action).label) if self.action in Action.values else self.action
