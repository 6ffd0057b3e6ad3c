"""What happened and has not been spread yet, and the calls to endpoints. Both hold ids and no personal data."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from owed import clock

CHUNK = 1000
EVENT = 40


class CallState(models.TextChoices):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


def new_message_id() -> str:
    return f"evt_{uuid4().hex}"


class Happening(models.Model):
    """What happened, written with the change, for the endpoints that had chosen it then. Gone when it is spread."""

    event = models.CharField(max_length=EVENT)
    subjects = ArrayField(models.BigIntegerField())
    facts = models.JSONField(default=dict)
    accounts = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class CallQuerySet(models.QuerySet["Call"]):
    def forget(self, age: timedelta, *, chunk: int = CHUNK) -> int:
        """Remove calls that ended so long ago; a failed one can be retried until then. Return how many went."""
        removed = 0
        old = self.exclude(state=CallState.PENDING).filter(settled_at__lt=clock.now() - age).order_by("pk")
        while ids := list(old.values_list("pk", flat=True)[:chunk]):
            removed += self.filter(pk__in=ids).delete()[0]
        return removed


class Call(models.Model):
    """One event for one endpoint. `failed` is how the last attempt ended; another may follow."""

    State = CallState

    account = models.ForeignKey("social.Account", on_delete=models.CASCADE, related_name="calls")
    event = models.CharField(max_length=EVENT)
    subjects = ArrayField(models.BigIntegerField())
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(help_text="When it happened.")
    message_id = models.CharField(max_length=60, unique=True, default=new_message_id, editable=False)
    state = models.CharField(max_length=7, choices=CallState, default=CallState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    """When the last attempt ended."""

    objects: ClassVar[CallQuerySet] = CallQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="webhook_call_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="webhook_call_newest"),
            models.Index(fields=["settled_at"], name="webhook_call_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} for account {self.account_id}: {self.state}"

    def settle(self, state: CallState, error: str = "", *, tried: bool = True) -> None:
        """Commit how the attempt ended. `error` is shown to writers: no address, no secret."""
        self.state, self.error = state, error[:300]
        mine = Call.objects.filter(pk=self.pk).exclude(state=CallState.SENT)
        mine.update(state=state, error=self.error, attempts=F("attempts") + int(tried), settled_at=clock.now())
