"""What the team says about a post before readers see it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from app.blog.models import Post, Status
from app.blog.models.post_queryset import PostQuerySet

NOTE = 4000


class Review(models.Model):
    """Whether a post waits for an editor, and who works on it. Posts without a row were never submitted or assigned."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="review")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="assigned")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    round = models.PositiveIntegerField(default=0)
    """How often it was submitted."""

    def __str__(self) -> str:
        return f"review of post {self.post_id}"

    @property
    def is_waiting(self) -> bool:
        """Return whether an editor is to look at it. Publication ends that, without a write of its own."""
        post = self.post
        if self.submitted_at is None or post.status not in {Status.DRAFT, Status.WITHDRAWN}:
            return False
        return post.published_at is None or post.published_at < self.submitted_at


def waiting(posts: PostQuerySet) -> PostQuerySet:
    """Return those of the posts that wait for review, as `Review.is_waiting` says."""
    unseen = Q(published_at=None) | Q(published_at__lt=F("review__submitted_at"))
    return posts.filter(unseen, review__submitted_at__isnull=False, status__in=[Status.DRAFT, Status.WITHDRAWN])


class Note(models.Model):
    """What one of the team says to the others about a post. Of a letter, `round` is the submission that it came with."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=NOTE)
    round = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"note {self.pk} on post {self.post_id}"
