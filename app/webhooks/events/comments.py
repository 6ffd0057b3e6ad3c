"""Comments: one waits for a moderator, one is visible for the first time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Comment, CommentStatus
from app.blog.signals import comment_approved, comment_held
from app.webhooks.events.base import Event, News, post_data

WORDS = 2_000


class _OfComment(Event):
    """For those who moderate the post: a held comment is theirs to see, and so is who wrote it."""

    def read(self, said: Mapping[str, Any]) -> News:
        return News(subjects=[said["comment"].pk])

    def is_open_to(self, user: User) -> bool:
        return user.moderates

    def concerns(self, user: User, subject: int) -> bool:
        return Comment.objects.moderated_by(user).filter(pk=subject).exists()

    def data(self, subjects: Sequence[int], facts: dict[str, Any]) -> dict[str, Any] | None:
        found = Comment.objects.select_related("post", "author__profile").filter(pk=subjects[0]).first()
        return _said(found) if found and found.status != CommentStatus.DELETED else None


class CommentHeld(_OfComment):
    name = "comment.held"
    label = gettext_lazy("A comment waits for a moderator")
    signal = comment_held


class CommentPublished(_OfComment):
    name = "comment.published"
    label = gettext_lazy("A comment is published")
    signal = comment_approved


def _said(comment: Comment) -> dict[str, Any]:
    post = post_data(comment.post)
    return {
        "id": comment.pk,
        "status": comment.status,
        "post": post,
        "url": f"{post['url']}#comment-{comment.pk}",
        "parent": comment.parent_id,
        "author": comment.name,
        "content": comment.content[:WORDS],
        "created_at": comment.created_at.isoformat(),
        "moderation_url": f"{settings.SITE_URL}/studio/comments/?status={comment.status}",
    }
