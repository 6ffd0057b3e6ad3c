"""What readers do with a post, and how often they did."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, models

from app.accounts.models import User
from app.blog.models.comment import Comment, CommentStatus
from app.blog.models.like import Like


class Reception(models.Model):
    """The counts of a post. The rows behind them move them, by one UPDATE each; save() never writes them."""

    view_count = models.PositiveIntegerField(default=0, editable=False)
    like_count = models.PositiveIntegerField(default=0, editable=False)
    comment_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def like(self: Any, user: User) -> bool:
        """Return whether the user likes the post only now. Raises NotPublished, PostGone."""
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
        """Return whether the user liked the post until now."""
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
        """Answer the post. A user's comment is visible at once, a guest's is held, or is spam where that is known already.

        Raises ValidationError, NotPublished.
        """
        comment = Comment(
            post=self, author=author, guest_name=guest_name, guest_email=guest_email, parent=parent, content=content
        )
        unseen = CommentStatus.SPAM if suspect else CommentStatus.HELD
        comment.status = CommentStatus.APPROVED if author is not None else unseen
        comment.save()
        return comment
