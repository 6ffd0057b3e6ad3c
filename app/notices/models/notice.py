"""Mail to one person about one thing: a row that exists once, and whether it went out."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.blog.absolute_urls import with_absolute_addresses
from app.blog.truncation import cut
from app.mail.html_to_text import html_to_text
from app.mail.rendering import link
from app.mail.submission import Submission, SubmissionState
from app.notices import effects, kinds
from app.notices.kinds.base import Kind
from owed import owe


class Notices(models.Manager["Notice"]):
    @transaction.atomic
    def owe(
        self,
        recipient: User,
        kind: type[Kind],
        subject_key: str,
        *,
        post_id: int | None = None,
        comment_id: int | None = None,
        actor_id: int | None = None,
    ) -> Notice | None:
        """Owe one person one mail about one thing. None where that was owed before, sent or not."""
        subject = {"post_id": post_id, "comment_id": comment_id, "actor_id": actor_id}
        notice, is_new = self.get_or_create(recipient=recipient, kind=kind.name, subject_key=subject_key, defaults=subject)
        if not is_new:
            return None
        notice.owe_mail()
        return notice


class Notice(Submission):
    """One thing of which one person is notified. `told_in` is the notice that led the digest it went out with."""

    RELATED = ("recipient__profile", "post", "comment", "actor__profile")  # what its mail shows

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)  # the name of a registered kind; a CHECK would want a migration for each new kind
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
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "kind", "post"], name="notice_series"),
            models.Index(
                fields=["finished_at"], name="notice_ended", condition=Q(finished_at__isnull=False), include=["state"]
            ),
            models.Index(
                fields=["recipient", "kind", "post", "id"], name="notice_waiting", condition=Q(state=SubmissionState.PENDING)
            ),
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
        return (self.comment.guest_name if self.comment else "") or _("Someone")

    @property
    def comment_text(self) -> str:
        """Return the comment as text for a mail, as people read it on its page, at most 1,200 characters."""
        comment = self.comment
        return cut(html_to_text(with_absolute_addresses(comment.content_html, self.post_url)), 1200) if comment else ""

    @property
    def post_title(self) -> str:
        return self.post.title if self.post else ""

    @property
    def post_url(self) -> str:
        """Return the full URL of the post, or of the comment on it. Empty where the notice is about no post."""
        anchor = f"#comment-{self.comment_id}" if self.comment_id else ""
        return link(self.post.get_absolute_url()) + anchor if self.post else ""

    def owe_mail(self) -> None:
        mail = effects.notice.si(notice_id=self.pk).set(priority=kinds.get(self.kind).priority)
        owe(mail, about=self.about)

    @transaction.atomic
    def resend(self) -> None:
        """Owe it once more, by a person's decision. Raises NotInDoubt."""
        self.reopen()
        self.owe_mail()
