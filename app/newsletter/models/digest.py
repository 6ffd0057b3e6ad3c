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
from app.mail.submission import OPEN, NotInDoubt, Submission, SubmissionState
from app.newsletter import effects
from app.newsletter.models.delivery import Delivery, got_elsewhere
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.states import IN_DIGEST
from app.newsletter.models.subscriber import Subscriber
from owed import owe

KEPT_BACK = ~Q(post__status__in=OUT) | Q(send__paused_at__isnull=False)
"""What leaves in no digest now: the post is withdrawn, or its mailing paused."""


class Digest(Submission):
    """A reader's digest of one period, whose posts are the copies that name it. An erased reader leaves the row."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, related_name="digests")
    period = models.DateField()
    """The day on which it was due, in the reader's time zone."""
    frequency = models.CharField(max_length=6, choices=Frequency.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[Digest]] = models.Manager()
    _shown: set[int] | None = None
    """The copies of which the mail was made that is about to leave."""

    class Meta(Submission.Meta):
        constraints: ClassVar = [
            *Submission.Meta.constraints,
            models.UniqueConstraint(fields=["subscriber", "period"], name="digest_once_a_period"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="digest_age"),
            models.Index(fields=["finished_at"], name="digest_ended", condition=Q(finished_at__isnull=False)),
            models.Index(fields=["id"], name="digest_open", condition=Q(state__in=OPEN)),
        ]

    def __str__(self) -> str:
        return f"digest {self.pk}"

    def begin(self) -> bool:
        """Take the row for the irreversible step. Return false where another has it, or the reader or a post changed."""
        reader = Subscriber.objects.filter(pk=OuterRef("subscriber_id"), state=Subscriber.State.CONFIRMED)
        reader = reader.filter(Q(paused_until=None) | Q(paused_until__lte=Now()))
        if self._shown is not None and self._shown != set(self._copies().values_list("pk", flat=True)):
            return False
        kept_back = Delivery.objects.filter(KEPT_BACK, digest=OuterRef("pk"))
        pending = self._still(SubmissionState.PENDING).filter(Exists(reader), ~Exists(kept_back))
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

    @transaction.atomic
    def posts(self) -> list[Post]:
        """Let go of the posts that are kept back, which wait for the next digest, and return the others, oldest first."""
        # Locked: another worker may have begun to send it as it is.
        if self._still(SubmissionState.PENDING).select_for_update(of=("self",), no_key=True).first() is None:
            return []
        self._copies().filter(pk__in=self._copies().filter(KEPT_BACK).values("pk")).update(digest=None)
        copies = dict(self._copies().values_list("pk", "post"))
        self._shown = set(copies)
        found = Post.objects.filter(pk__in=copies.values()).select_related("author__profile")
        return list(found.order_by("published_at", "pk"))

    def _copies(self) -> models.QuerySet[Delivery]:
        """Return the copies that it still holds: not those that were closed since."""
        return self.deliveries.filter(state=IN_DIGEST)

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
        """Owe it once more, by a person's decision, without what the reader got since.

        Raises NotInDoubt, also where nothing is left.
        """
        self.reopen()
        again = list(self._copies().filter(got_elsewhere()).values_list("pk", flat=True))
        closed = {"state": SubmissionState.SKIPPED, "error": "they got it by other means", "finished_at": timezone.now()}
        Delivery.objects.filter(pk__in=again).update(**closed)
        if not self._copies().exists():
            raise NotInDoubt
        owe(effects.digests.si(digest_ids=[self.pk]), about=f"digests:{self.period}")
