"""A mail of a post to the one who writes it, before readers get it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.mail.submission import Submission
from app.newsletter import effects
from app.newsletter.models.choice import PREVIEW
from owed import owe


class SampleMails(models.Manager["SampleMail"]):
    @transaction.atomic
    def owe(self, post: Post, to: User, *, subject: str, preview: str) -> SampleMail:
        """Owe a test mail of the post as it is when a worker sends it."""
        sample = self.create(post=post, recipient=to, subject=subject, preview=preview)
        owe(effects.sample.si(sample_id=sample.pk), about=post)
        return sample


class SampleMail(Submission):
    """One test mail. It is counted in no mailing."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="sample_mails")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=PREVIEW, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SampleMails] = SampleMails()

    def __str__(self) -> str:
        return f"test mail {self.pk}"
