"""A spam check for guests' comments. It only files: an editor finds everything, and decides."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import transaction

from app.blog.models import Comment, CommentStatus
from app.blog.signals import comment_held

LINK = re.compile(r"https?://|\bwww\.|\[url", re.IGNORECASE)
MOST_LINKS = 2
LATELY = timedelta(days=7)
TELLING_LENGTH = 20  # characters: many people write "Thank you!"


@transaction.atomic
def judge(comment_id: int) -> bool:
    """File a guest's held comment as spam when it looks like it, or say that it waits. Return whether it was filed.

    Safe to do twice: its effect is done in this transaction.
    """
    comment = Comment.objects.held().filter(pk=comment_id, author=None).first()
    if comment is None:
        return False
    if is_suspect(comment):
        return comment.suspect()
    comment_held.send(sender=Comment, comment=comment)
    return False


def is_suspect(comment: Comment) -> bool:
    """Return whether it holds more than two links, or says word for word what a guest has said before."""
    return len(LINK.findall(comment.content)) > MOST_LINKS or _is_repeated(comment)


def _is_repeated(comment: Comment) -> bool:
    """Return whether the same words came before in the week. The first to say them is not blamed, unless they are spam."""
    if len(comment.content) < TELLING_LENGTH:
        return False
    same = Comment.objects.filter(author=None, content=comment.content, created_at__gt=comment.created_at - LATELY)
    earlier = same.filter(pk__lt=comment.pk).exclude(guest_email=comment.guest_email, post_id=comment.post_id)
    return earlier.exists() or same.filter(status=CommentStatus.SPAM).exclude(pk=comment.pk).exists()
