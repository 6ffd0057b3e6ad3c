"""Mail to one person about one thing: a row that exists once for ever, and whether it went out."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.mail.submission import State, Submission
from app.notices import effects
from owed import owe


class Kind(models.TextChoices):
    ADDRESS = "address"
    RESET = "reset"
    PASSWORD = "password"  # noqa: S105 - a kind of mail
    MOVE = "move"
    MOVING = "moving"
    MOVED = "moved"
    WELCOME = "welcome"
    ONBOARDING = "onboarding"
    COMMENT = "comment"
    REPLY = "reply"
    LIKE = "like"
    REVIEW = "review"
    DRAFT = "draft"


class Notices(models.Manager["Notice"]):
    @transaction.atomic
    def owe(
        self,
        recipient: User,
        kind: Kind,
        subject_key: str,
        *,
        post_id: int | None = None,
        comment_id: int | None = None,
        actor_id: int | None = None,
    ) -> Notice | None:
        """Owe one person one mail about one thing. None where that was owed before, sent or not."""
        subject = {"post_id": post_id, "comment_id": comment_id, "actor_id": actor_id}
        notice, is_new = self.get_or_create(recipient=recipient, kind=kind, subject_key=subject_key, defaults=subject)
        if not is_new:
            return None
        notice.owe_mail()
        return notice


class Notice(Submission):
    """One thing that one person is told. `told_in` is set where a digest told it."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject_key = models.CharField(max_length=60)
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    comment = models.ForeignKey("blog.Comment", on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    told_in = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="told")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Notices] = Notices()

    class Meta(Submission.Meta):
        constraints: ClassVar = [
            *Submission.Meta.constraints,
            models.UniqueConstraint(fields=["recipient", "kind", "subject_key"], name="notice_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="notice_kind_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "kind", "post"], name="notice_series"),
            models.Index(fields=["recipient", "kind", "post", "id"], name="notice_waiting", condition=Q(state=State.PENDING)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} notice {self.pk}"

    @property
    def about(self) -> str:
        return f"post:{self.post_id}" if self.post_id else f"user:{self.recipient_id}"

    @property
    def actor_name(self) -> str:
        """Return who did it, as readers know them."""
        if self.actor is not None:
            return self.actor.profile.name
        return (self.comment.guest_name if self.comment else "") or "Somebody"

    def owe_mail(self) -> None:
        owe(effects.notice.si(notice_id=self.pk), about=self.about)

    @transaction.atomic
    def resend(self) -> None:
        """Owe it once more, by a person's decision. Raises NotInDoubt."""
        self.reopen()
        self.owe_mail()
