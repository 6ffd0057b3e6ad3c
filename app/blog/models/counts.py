"""Likes, comments and views of a post: the verbs and the counts."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, models

from app.accounts.models import User
from app.blog import commenting
from app.blog.models.comment import Comment, CommentStatus
from app.blog.models.like import Like


class Counts(models.Model):
    """The counts of a post. Each like, comment and view moves them by one UPDATE; save() never writes them."""

    view_count = models.PositiveIntegerField(default=0, editable=False)
    like_count = models.PositiveIntegerField(default=0, editable=False)
    comment_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def like(self: Any, user: User) -> bool:
        """Like the post. Return whether that is new. Raises NotPublished, PostGone."""
        if Like.objects.filter(post=self, user=user).exists():
            return False
        try:
            Like.objects.create(post=self, user=user)
        except IntegrityError as error:
            # The same person's other click was quicker. It may be taken back by now: to look for it again would be wrong.
            if "like_once" in str(error):
                return False
            raise
        return True

    def unlike(self: Any, user: User) -> bool:
        """Take the like back. Return whether there was one."""
        like = Like.objects.filter(post=self, user=user).first()
        return like is not None and like.remove()

    def comment(
        self: Any,
        *,
        content: str,
        author: User | None = None,
        guest_name: str = "",
        guest_email: str = "",
        parent: Comment | None = None,
        suspect: bool = False,
    ) -> Comment:
        """Comment on the post. A guest's comment is held, or filed as spam if `suspect`; a user's by the site's rules.

        Raises ValidationError, NotPublished, CommentsClosed, MembersOnly.
        """
        rules = commenting.rules_of(self)
        rules.check(author)
        comment = Comment(
            post=self, author=author, guest_name=guest_name, guest_email=guest_email, parent=parent, content=content
        )
        unseen = CommentStatus.SPAM if suspect else CommentStatus.HELD
        comment.status = CommentStatus.APPROVED if rules.shows_at_once(self, author) else unseen
        comment.save()
        return comment
