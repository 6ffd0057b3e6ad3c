"""A comment on one's post."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Comment, CommentStatus
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.notices.preferences import ProfileOption

COMMENTS = ProfileOption("comments", gettext_lazy("comments on your posts and answers to your comments"))

# One statement however deep the thread is; the depth is not bounded.
THREAD_AUTHORS = """
WITH RECURSIVE thread(id, parent_id, author_id) AS (
    SELECT id, parent_id, NULL::bigint FROM blog_comment WHERE id = %s
    UNION
    SELECT above.id, above.parent_id, above.author_id FROM blog_comment above JOIN thread ON above.id = thread.parent_id
)
SELECT DISTINCT author_id FROM thread WHERE author_id IS NOT NULL
"""


@register
class CommentNotice(Kind):
    name = "comment"
    template = "notices/mail/comment"
    preference = COMMENTS
    is_digested = True

    def subject(self, notice: Notice, number: int) -> str:
        facts = {"number": number, "who": notice.actor_name, "title": notice.post_title}
        if number > 1:
            return _("%(number)s new comments on “%(title)s”") % facts
        return _("%(who)s commented on “%(title)s”") % facts

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"post_url": notice.post_url}

    def obsolete(self, notice: Notice) -> str:
        is_visible = notice.comment is not None and notice.comment.status == CommentStatus.APPROVED
        return "" if is_visible else "withdrawn before it was sent"


@register
class ReplyNotice(CommentNotice):
    """A reply in a thread, for those who wrote above it."""

    name = "reply"

    def subject(self, notice: Notice, number: int) -> str:
        facts = {"number": number, "who": notice.actor_name, "title": notice.post_title}
        if number > 1:
            return _("%(number)s new answers to you on “%(title)s”") % facts
        return _("%(who)s answered you on “%(title)s”") % facts


@transaction.atomic
def send_comment_notification(comment: Comment | int) -> None:
    """Notify the post's author and those in the thread above a visible comment, each once, and never of their own words."""
    pk = comment if isinstance(comment, int) else comment.pk
    visible = Comment.objects.select_related("post").filter(pk=pk, status=CommentStatus.APPROVED).first()
    if visible is None:
        return
    author = visible.post.author_id
    repliers = _thread_authors(pk) - {author, visible.author_id}
    authors = {author} - {visible.author_id}
    for user in User.objects.filter(pk__in=authors | repliers).order_by("pk"):
        kind = CommentNotice if user.pk in authors else ReplyNotice
        subject = {"post_id": visible.post_id, "comment_id": visible.pk, "actor_id": visible.author_id}
        Notice.objects.owe(user, kind, f"comment:{visible.pk}", **subject)


def _thread_authors(comment_id: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(THREAD_AUTHORS, [comment_id])
        return {author for (author,) in cursor.fetchall()}
