"""What mail servers and readers reported of mails that had been handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.newsletter.models.send import Send
from app.newsletter.models.subscriber import Subscriber

MOST_FAILED, WITHIN = 5, timedelta(days=30)
"""As many mails that a mailbox did not take in this time hold it back, as if it were gone."""


class BounceKind(models.TextChoices):
    GONE = "gone", gettext_lazy("No such mailbox")
    FAILED = "failed", gettext_lazy("Not delivered")
    COMPLAINT = "complaint", gettext_lazy("Reported as spam")


class BounceQuerySet(models.QuerySet["Bounce"]):
    def counting(self) -> BounceQuerySet:
        """Return those that count against a mailbox now."""
        return self.filter(kind=BounceKind.FAILED, lifted_at=None, reported_at__gt=timezone.now() - WITHIN)


class Bounce(models.Model):
    """One report about one mail. Neither the report nor an address in it is kept."""

    Kind = BounceKind

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="bounces")
    send = models.ForeignKey(Send, on_delete=models.CASCADE, null=True, related_name="bounces")
    """The mailing; none for a mail to this reader alone."""
    message_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=9, choices=BounceKind.choices)
    status = models.CharField(max_length=12, blank=True)
    """The enhanced status code (RFC 3463), such as 5.1.1, where there is one."""
    reported_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, blank=True)
    """When a person decided to mail this address again all the same."""

    objects: ClassVar[BounceQuerySet] = BounceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message_id", "kind"], name="bounce_counts_once"),
            models.CheckConstraint(condition=Q(kind__in=BounceKind.values), name="bounce_kind_known"),
        ]

    def __str__(self) -> str:
        return f"bounce {self.pk}"
