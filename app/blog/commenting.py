"""Who may comment on a post now, and whether an editor looks at it first: as the settings of the publication say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.accounts.models import User
from app.blog.errors import CommentsClosed, MembersOnly
from app.site.current import site
from app.site.models import Comments
from owed import clock


class Commented(Protocol):
    """All that the rules need to know of a post."""

    published_at: datetime | None
    author_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for one post at one moment."""

    policy: str
    is_open: bool

    @property
    def takes_guests(self) -> bool:
        return self.is_open and self.policy != Comments.MEMBERS

    def check(self, author: User | None) -> None:
        """Raise CommentsClosed or MembersOnly where this person may not comment; None is a guest."""
        if not self.is_open:
            raise CommentsClosed
        if author is None and not self.takes_guests:
            raise MembersOnly

    def shows_at_once(self, post: Commented, author: User | None) -> bool:
        """Return whether no editor reviews the comment first."""
        if author is None:
            return False
        return self.policy != Comments.MODERATED or author.can_moderate(post)


def rules_of(post: Commented) -> Rules:
    """Return the rules for this post: its own, or those of the publication."""
    here = site()
    own = getattr(getattr(post, "options", None), "comments", "")
    policy = own or here.comments
    return Rules(policy=policy, is_open=policy != Comments.OFF and not _is_over(post, here.comments_close_after))


def _is_over(post: Commented, days: int | None) -> bool:
    return bool(days and post.published_at and post.published_at < clock.now() - timedelta(days=days))
