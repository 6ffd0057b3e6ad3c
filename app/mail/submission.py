"""A message owed to one person: handed over at most once, its outcome stored, a doubt shown.

pending -> submitting (committed before the message is sent) -> sent | failed | unknown. A process that dies in between leaves
`submitting` behind; the next attempt calls that `unknown` and sends nothing. An error before the final dot puts the row back
to pending and rises, so that the ledger retries with growing pauses and gives up in the end.

withheld: what it speaks of was taken from readers before it went out. It can be opened again, and then goes out once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.mail.errors import BadAddress, BadMessage, MailError, Rejected, Unknown
from app.mail.message import Mail, new_message_id
from app.mail.transport import Transport


class NotInDoubt(Exception):
    """Only a message whose delivery is unknown or failed can be sent again."""


class SubmissionState(models.TextChoices):
    PENDING = "pending", gettext_lazy("Pending")
    SUBMITTING = "submitting", gettext_lazy("Submitting")
    SENT = "sent", gettext_lazy("Sent")
    FAILED = "failed", gettext_lazy("Failed")
    SUPPRESSED = "suppressed", gettext_lazy("Suppressed")
    SKIPPED = "skipped", gettext_lazy("Skipped")
    UNKNOWN = "unknown", gettext_lazy("Unknown")
    WITHHELD = "withheld", gettext_lazy("Withheld")


OPEN = (SubmissionState.PENDING, SubmissionState.SUBMITTING)


class Submission(models.Model):
    """One message to one person. Every write names the state and the attempt that it expects."""

    state = models.CharField(max_length=12, choices=SubmissionState.choices, default=SubmissionState.PENDING)
    message_id = models.CharField(max_length=255, unique=True, default=new_message_id, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Self]]

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=SubmissionState.values), name="%(app_label)s_%(class)s_state")
        ]

    def begin(self) -> bool:
        """Take the row for the irreversible step. Return false if another process has it."""
        pending = self._still(SubmissionState.PENDING)
        taken = pending.update(state=SubmissionState.SUBMITTING, attempts=F("attempts") + 1, submitted_at=Now(), error="")
        if taken:
            self.state, self.attempts = SubmissionState.SUBMITTING, self.attempts + 1
        return bool(taken)

    def settle(self, state: SubmissionState, error: str = "") -> bool:
        """Record how this attempt ended, also when it was believed lost in the meantime."""
        mine = self._still(SubmissionState.SUBMITTING, SubmissionState.UNKNOWN)
        return self._move(mine, state=state, error=error[:200], finished_at=timezone.now())

    def postpone(self, error: str) -> bool:
        """Return to pending a message that was certainly not delivered."""
        return self._move(
            self._still(SubmissionState.SUBMITTING, SubmissionState.UNKNOWN),
            state=SubmissionState.PENDING,
            error=error[:200],
            finished_at=None,
        )

    def drop(self, state: SubmissionState, why: str) -> bool:
        """Close a row that will not be sent: failed, suppressed or skipped."""
        return self._move(self._still(SubmissionState.PENDING), state=state, error=why[:200], finished_at=timezone.now())

    def give_up(self, why: str) -> bool:
        """Close a row that no effect will send any more; what may have left already is in doubt. Return whether it was open."""
        return self.drop(SubmissionState.SKIPPED, why) or self.doubt()

    @transaction.atomic
    def refuse(self, error: MailError) -> bool:
        """Close a row whose message can never arrive, with what follows from the refusal."""
        is_waiting = self.state == SubmissionState.PENDING
        closed = (self.drop if is_waiting else self.settle)(SubmissionState.FAILED, str(error))
        if closed:
            self.follow_refusal(error)
        return closed

    def follow_refusal(self, error: MailError) -> None:
        """Do what follows from it, in the transaction that closes the row."""

    def doubt(self, why: str = "the sender died at work") -> bool:
        """Record a doubt: an earlier attempt died between the message's end and the answer."""
        return self._move(
            self._still(SubmissionState.SUBMITTING),
            state=SubmissionState.UNKNOWN,
            error=why,
            finished_at=timezone.now(),
        )

    def reopen(self) -> None:
        """Make an unknown or failed message pending again, under the same Message-ID. Raises NotInDoubt."""
        if not self._move(
            self._still(SubmissionState.UNKNOWN, SubmissionState.FAILED),
            state=SubmissionState.PENDING,
            error="",
            finished_at=None,
        ):
            raise NotInDoubt

    def _still(self, *states: SubmissionState) -> models.QuerySet[Self]:
        return type(self)._default_manager.filter(pk=self.pk, state__in=states, attempts=self.attempts)

    def _move(self, rows: models.QuerySet[Self], **values: Any) -> bool:
        moved = bool(rows.update(**values))
        if moved:
            for name, value in values.items():
                setattr(self, name, value)
        return moved


def submit(row: Submission, build: Callable[[], Mail], transport: Transport) -> None:
    """Hand over one row's message, at most once. Raises Rejected or Unreachable where it should be tried again."""
    if row.state == SubmissionState.SUBMITTING:
        row.doubt()
    if row.state != SubmissionState.PENDING:
        return
    try:
        mail = build()
        transport.offer(mail.sender, mail.recipient, size=len(mail.data))
    except MailError as error:
        if not is_final(error):
            raise
        row.refuse(error)
        return
    if row.begin():
        _hand_over(row, mail, transport)
    else:
        transport.withdraw()


def is_final(error: MailError) -> bool:
    """True when no later try can help this recipient."""
    return (isinstance(error, Rejected) and error.final) or isinstance(error, BadMessage | BadAddress)


def _hand_over(row: Submission, mail: Mail, transport: Transport) -> None:
    try:
        transport.hand_over(mail.data)
    except Unknown as error:
        # Sending again might be a second copy: a person decides.
        row.settle(SubmissionState.UNKNOWN, str(error))
    except MailError as error:
        if not is_final(error):
            row.postpone(str(error))
            raise
        row.refuse(error)
    else:
        row.settle(SubmissionState.SENT)
