"""The mail that asks whether a subscription was meant."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models, transaction
from django.utils import timezone

from app.mail.submission import Submission, SubmissionState
from app.newsletter import effects
from app.newsletter.models.subscriber import Subscriber
from owed import owe

ONCE_IN = timedelta(hours=24)


class Confirmations(models.Manager["Confirmation"]):
    def owe(self, subscriber: Subscriber) -> Confirmation:
        """Owe the mail. Whether it is sent, the worker decides: how long an answer takes tells nothing of an address."""
        confirmation = self.create(subscriber=subscriber)
        owe(effects.confirm.si(confirmation_id=confirmation.pk), about=subscriber)
        return confirmation


class Confirmation(Submission):
    """One question to one address."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="confirmations")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Confirmations] = Confirmations()

    class Meta(Submission.Meta):
        indexes: ClassVar = [models.Index(fields=["subscriber", "created_at"], name="confirmation_latest")]

    def __str__(self) -> str:
        return f"confirmation {self.pk}"

    def is_repetition(self) -> bool:
        """Return whether the same was asked less than 24 hours before."""
        before = self.subscriber.confirmations.filter(pk__lt=self.pk, created_at__gt=self.created_at - ONCE_IN)
        return before.exclude(state=SubmissionState.SKIPPED).exists()

    @transaction.atomic
    def resend(self) -> None:
        """Owe it once more, by a person's decision. Raises NotInDoubt."""
        self.reopen()
        owe(effects.confirm.si(confirmation_id=self.pk), about=self.subscriber)
