"""How far the mailbox of bounces was read. One row."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from app.mail.imap import Trouble

MOST_LEFT = 100
"""Messages that are named as left aside: the last ones."""


class BounceMailbox(models.Model):
    """UIDs mean something for one `validity` only: where the server has another, all is read again, which changes nothing."""

    validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    """How many reports were taken in all."""
    left = ArrayField(models.BigIntegerField(), default=list)
    """UIDs of messages that do not report on a message of this site; they stay unread in the mailbox."""
    read_at = models.DateTimeField(null=True)
    """When it was read last without trouble."""
    trouble = models.CharField(max_length=12, blank=True, choices=Trouble.choices)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="bounce_mailbox_one_row")]

    def __str__(self) -> str:
        return "mailbox of bounces"

    @classmethod
    def now(cls) -> BounceMailbox:
        """Return the row, stored or not."""
        return cls._default_manager.filter(pk=1).first() or cls(pk=1)

    def begin(self, validity: int) -> None:
        """Read from the first message on where the UIDs are others now."""
        if self.validity != validity:
            self.validity, self.last_uid, self.left = validity, 0, []

    def note(self, uid: int, *, is_taken: bool) -> None:
        """Remember that this message was read."""
        self.last_uid = uid
        if is_taken:
            self.taken += 1
        else:
            self.left = [*self.left, uid][-MOST_LEFT:]
        self.save()
