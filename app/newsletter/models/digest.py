"""One mail to one reader with the posts of a day or a week, in place of a mail for each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from app.blog.models import Post
from app.blog.status import OUT
from app.mail.errors import MailError, Rejected
from app.mail.submission import OPEN, Submission, SubmissionState
from app.newsletter import effects
from app.newsletter.models.delivery import Delivery
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.subscriber import Subscriber
from owed import owe


class Digest(Submission):
    """A reader's digest of one period, whose posts are the copies that name it. An erased reader leaves the row."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, related_name="digests")
    period = models.DateField()
    """The day on which it was due, in the reader's time zone."""
    frequency = models.CharField(max_length=6, choices=Frequency.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[Digest]] = models.Manager()

    class Meta(Submission.Meta):
        constraints: ClassVar = [
            *Submission.Meta.constraints,
            models.UniqueConstraint(fields=["subscriber", "period"], name="digest_once_a_period"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="digest_age"),
            models.Index(fields=["id"], name="digest_open", condition=Q(state__in=OPEN)),
        ]

    def __str__(self) -> str:
        return f"digest {self.pk}"

    def begin(self) -> bool:
        """Take the row for the irreversible step. Return false where another has it, or the reader or a post changed."""
        reader = Subscriber.objects.filter(pk=OuterRef("subscriber_id"), state=Subscriber.State.CONFIRMED)
        reader = reader.filter(Q(paused_until=None) | Q(paused_until__lte=Now()))
        withdrawn = Delivery.objects.filter(digest=OuterRef("pk")).exclude(post__status__in=OUT)
        pending = self._still(SubmissionState.PENDING).filter(Exists(reader), ~Exists(withdrawn))
        taken = pending.update(state=SubmissionState.SUBMITTING, attempts=F("attempts") + 1, submitted_at=Now(), error="")
        if taken:
            self.state, self.attempts = SubmissionState.SUBMITTING, self.attempts + 1
        return bool(taken)

    @transaction.atomic
    def drop(self, state: SubmissionState, why: str) -> bool:
        """Close a row that will not be sent. Where it was left out, its posts are not sent to this reader by other means."""
        is_dropped = super().drop(state, why)
        if is_dropped and state == SubmissionState.SKIPPED:
            self.deliveries.update(state=SubmissionState.SKIPPED, error=why[:200], finished_at=timezone.now())
        return is_dropped

    def posts(self) -> list[Post]:
        """Let go of the posts that are withdrawn, which wait for the next digest, and return the others, oldest first."""
        self.deliveries.exclude(post__status__in=OUT).update(digest=None)
        found = Post.objects.filter(pk__in=self.deliveries.values("post")).select_related("author__profile")
        return list(found.order_by("published_at", "pk"))

    def unwanted(self) -> str:
        """Return why it must not be sent any more, or nothing."""
        if self.subscriber is None:
            return "the reader was erased"
        if self.subscriber.is_on_pause:
            return "the reader is on pause"
        return "" if self.subscriber.is_confirmed else f"the reader is {self.subscriber.state}"

    def follow_refusal(self, error: MailError) -> None:
        """Stop mailing a reader whose mailbox does not exist, as its own server says."""
        if isinstance(error, Rejected) and error.no_such_mailbox and self.subscriber:
            self.subscriber.bounce()

    @transaction.atomic
    def resend(self) -> None:
        """Owe it once more, by a person's decision. Raises NotInDoubt."""
        self.reopen()
        owe(effects.digests.si(digest_ids=[self.pk]), about=f"digests:{self.period}")
