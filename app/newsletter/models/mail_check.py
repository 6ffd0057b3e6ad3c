"""What the mail check found last. One row."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from app.mail.verdicts import Level, Subject, Verdict
from app.newsletter import effects
from owed import owe

AGAIN_AFTER = timedelta(minutes=2)
"""A check that has not ended by then may be asked for again."""


class MailChecks(models.Manager["MailCheck"]):
    @transaction.atomic
    def ask(self) -> bool:
        """Owe a check. Return false where one is on its way."""
        self.get_or_create(pk=1)
        waiting = Q(asked_at__gt=timezone.now() - AGAIN_AFTER) & (Q(checked_at=None) | Q(checked_at__lt=F("asked_at")))
        # One of two presses at once changes the row, and the other finds it changed.
        if not self.filter(pk=1).exclude(waiting).update(asked_at=timezone.now()):
            return False
        owe(effects.check_mail.si(), about="mail")
        return True

    def now(self) -> MailCheck:
        """Return the last check, stored or not."""
        return self.filter(pk=1).first() or self.model(pk=1)


class MailCheck(models.Model):
    """When it was asked for, when it ended, and the verdicts."""

    asked_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    stored = models.JSONField(default=list)

    objects: ClassVar[MailChecks] = MailChecks()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="mail_check_one_row")]

    def __str__(self) -> str:
        return "mail check"

    @property
    def is_waiting(self) -> bool:
        """Return whether a check that was asked for may still end: one that no worker takes is waited for no longer."""
        if self.asked_at is None or self.asked_at < timezone.now() - AGAIN_AFTER:
            return False
        return self.checked_at is None or self.checked_at < self.asked_at

    @property
    def verdicts(self) -> list[Verdict]:
        return [
            Verdict(subject=Subject(each["subject"]), level=Level(each["level"]), code=each["code"], facts=each["facts"])
            for each in self.stored
        ]

    @classmethod
    def store(cls, verdicts: list[Verdict]) -> None:
        """Replace what was found before."""
        stored = [{"subject": v.subject, "level": v.level, "code": v.code, "facts": dict(v.facts)} for v in verdicts]
        cls.objects.update_or_create(pk=1, defaults={"stored": stored, "checked_at": timezone.now()})
