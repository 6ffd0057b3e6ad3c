"""What a moderator does with comments: judge one or many, and answer one. Who may is asked before, of User."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.accounts.models import User
from app.blog.changes import change
from app.blog.errors import AlreadyApproved, CommentGone, StillHeld
from app.blog.models import Comment, CommentStatus
from app.blog.models.comment import CommentQuerySet
from owed import gather

MOST = 100
"""Comments that are judged at once: their rows are locked until the last is done."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Which comments have another status now, by the one before; and which had it already."""

    changed: dict[str, list[int]] = field(default_factory=dict)
    unchanged: list[int] = field(default_factory=list)

    @property
    def number(self) -> int:
        return sum(map(len, self.changed.values()))


def judge(comment: Comment, status: str) -> bool:
    """Give the comment this status. Return whether that is new. Safe to do twice. Raises CommentGone."""
    before = comment.status
    if status != CommentStatus.APPROVED:
        comment.set_aside(status)
        return comment.status != before
    try:
        comment.approve()
    except AlreadyApproved:
        comment.refresh_from_db(fields=["status"])
        return False
    return True


def judge_many(comments: CommentQuerySet, status: str) -> Judged:
    """Give all of these one status, or none of them if that fails. What they owe is written in one statement."""
    judged = Judged()
    # In this order, as deletion takes them: two moderators who judge the same comments wait for each other once.
    rows = comments.select_related("post").order_by("post_id", "pk").select_for_update(of=("self",))
    with change(), gather():
        for comment in rows:
            before = comment.status
            if judge(comment, status):
                judged.changed.setdefault(before, []).append(comment.pk)
            else:
                judged.unchanged.append(comment.pk)
    return judged


def reply(comment: Comment, *, by: User, content: str, publish: bool = False) -> Comment:
    """Answer a comment as this person, for all to read. With `publish`, a comment that is not visible is approved first.

    Both happen, or neither. Raises StillHeld, ValidationError, NotPublished, CommentsClosed, CommentGone.
    """
    with change():
        held = Comment.objects.select_related("post").select_for_update(of=("self",)).filter(pk=comment.pk).first()
        if held is None:
            raise CommentGone
        if held.status != CommentStatus.APPROVED:
            if not publish:
                raise StillHeld
            held.approve()
        return held.post.comment(author=by, content=content, parent=held)
