"""One post to one reader."""

from __future__ import annotations

from typing import ClassVar

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from app.blog.models import Post
from app.mail.errors import MailError, Rejected
from app.mail.submission import OPEN, NotInDoubt, Submission, SubmissionState
from app.newsletter.models.send import Send
from app.newsletter.models.states import CHOICES, GOT, IN_DIGEST, STATES
from app.newsletter.models.subscriber import Subscriber, SubscriberState


class Delivery(Submission):
    """A reader's copy of a post: one in each mailing. An erased reader leaves the row, so that the send still balances."""

    state = models.CharField(max_length=12, choices=CHOICES, default=SubmissionState.PENDING)
    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="deliveries")
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    digest = models.ForeignKey(
        "newsletter.Digest", on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries", db_index=False
    )
    """The mail in which the reader gets the post, where they chose digests. A digest outlives its copies: without it, a copy
    would wait for another one."""
    journal = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    """Where the process that took it last writes down what it begins; empty where it keeps no journal."""

    objects: ClassVar[models.Manager[Delivery]] = models.Manager()

    class Meta(Submission.Meta):
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="newsletter_delivery_state"),
            models.UniqueConstraint(fields=["send", "subscriber"], name="delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["send", "state"], name="delivery_balance"),
            models.Index(fields=["send"], name="delivery_open", condition=Q(state__in=OPEN)),
            models.Index(fields=["digest"], name="delivery_digest", condition=Q(digest__isnull=False)),
            models.Index(
                fields=["subscriber"],
                name="delivery_waits",
                condition=Q(state=IN_DIGEST, digest__isnull=True),
                include=["send"],
            ),
            models.Index(
                fields=["finished_at"], name="delivery_ended", condition=Q(finished_at__isnull=False), include=["state"]
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    def resend(self) -> None:
        """Owe it once more, by a person's decision. Raises NotInDoubt, also where the reader gets the post by other means."""
        if Delivery.objects.filter(got_elsewhere(), pk=self.pk).exists():
            raise NotInDoubt
        self.send.resend(self)

    def follow_refusal(self, error: MailError) -> None:
        """Stop mailing a reader whose mailbox does not exist, as its own server says."""
        if isinstance(error, Rejected) and error.no_such_mailbox and self.subscriber:
            self.subscriber.bounce()

    def unwanted(self) -> str:
        """Return why this copy must not be sent any more, or nothing. windows.py asks the same as it takes the row."""
        if self.subscriber is None:
            return "the reader was erased"
        if self.subscriber.is_on_pause:
            return "the reader is on pause"
        return "" if self.subscriber.state == SubscriberState.CONFIRMED else f"the reader is {self.subscriber.state}"

    @transaction.atomic
    def withhold(self) -> bool:
        """Close it where the post is not public: publishing it again opens it. Return whether it was closed."""
        # Publication waits for this lock, or this for publication: the one that opens what is withheld misses no row.
        post = Post.objects.filter(pk=self.post_id).select_for_update(of=("self",), no_key=True).only("status").first()
        if post is None or post.is_out:
            return False
        return self.drop(SubmissionState.WITHHELD, f"the post is {post.status}")


def got_elsewhere() -> Exists:
    """Return the condition that a copy's reader has the post, or gets it, in a digest or by a later mailing."""
    in_digest = Q(state=IN_DIGEST) & (Q(digest=None) | Q(digest__state__in=GOT))
    later = Q(state__in=GOT, send__round__gt=OuterRef("send__round"))
    same = Delivery.objects.filter(post=OuterRef("post"), subscriber=OuterRef("subscriber")).exclude(pk=OuterRef("pk"))
    return Exists(same.filter(in_digest | later))
