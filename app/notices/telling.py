"""Who is told of what. Each function writes notices that are owed; sending is another effect."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from app.accounts.models import RegisteredVia, User
from app.blog.models import Comment, CommentStatus, Like, Post
from app.mail.submission import OPEN
from app.notices.models import Kind, Notice, Watch

FOLLOWERS = """
WITH RECURSIVE thread(id, parent_id, author_id) AS (
    SELECT id, parent_id, NULL::bigint FROM blog_comment WHERE id = %s
    UNION
    SELECT above.id, above.parent_id, above.author_id FROM blog_comment above JOIN thread ON above.id = thread.parent_id
)
SELECT DISTINCT author_id FROM thread WHERE author_id IS NOT NULL
"""


@transaction.atomic
def notify_comment(comment_id: int) -> None:
    """Tell the post's author and those whose comments were answered, each once, nobody of their own words."""
    comment = Comment.objects.select_related("post").filter(pk=comment_id, status=CommentStatus.APPROVED).first()
    if comment is None:
        return
    author = comment.post.author_id
    followers = _followers(comment_id) - {author, comment.author_id}
    told = {author: Kind.COMMENT} if author != comment.author_id else {}
    for user in User.objects.filter(pk__in=[*told, *followers]).order_by("pk"):
        kind = told.get(user.pk, Kind.REPLY)
        subject = {"post_id": comment.post_id, "comment_id": comment.pk, "actor_id": comment.author_id}
        Notice.objects.owe(user, kind, f"comment:{comment.pk}", **subject)


def _followers(comment_id: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWERS, [comment_id])
        return {author for (author,) in cursor.fetchall()}


@transaction.atomic
def notify_like(post_id: int, user_id: int) -> None:
    """Tell the author that somebody likes the post: once for each reader and post for ever, never of their own like."""
    like = Like.objects.select_related("post__author").filter(post_id=post_id, user_id=user_id).first()
    if like and like.post.author_id != user_id:
        key = f"post:{post_id}/user:{user_id}"
        Notice.objects.owe(like.post.author, Kind.LIKE, key, post_id=post_id, actor_id=user_id)


@transaction.atomic
def ask_address(user_id: int) -> None:
    """Ask somebody who joined on the site whether the address is theirs; nobody greets a stranger."""
    for user in User.objects.filter(pk=user_id):
        if user.has_unconfirmed_address:
            Notice.objects.owe(user, Kind.ADDRESS, "account")


@transaction.atomic
def ask_address_again(user_id: int, *, now: datetime) -> bool:
    """Ask once more, because the owner of the account wishes it. Return whether a mail is owed for this.

    Who reads at the address may be a stranger: it is asked once a day at most, and not while a question is under way.
    """
    user = User.objects.get(pk=user_id)
    under_way = Notice.objects.filter(recipient=user, kind=Kind.ADDRESS, state__in=OPEN)
    if not user.has_unconfirmed_address or under_way.exists():
        return False
    return Notice.objects.owe(user, Kind.ADDRESS, f"again:{now:%Y-%m-%d}") is not None


@transaction.atomic
def tell_password(user_id: int, at: datetime) -> None:
    """Tell somebody that their password was changed, each time: it may not have been they."""
    for user in User.objects.filter(pk=user_id):
        Notice.objects.owe(user, Kind.PASSWORD, at.isoformat())


@transaction.atomic
def welcome(user_id: int) -> None:
    """Greet somebody who joined on the site and confirmed the address. Accounts that others made are not greeted."""
    confirmed = User.objects.filter(registered_via=RegisteredVia.SITE, email_confirmed_at__isnull=False)
    user = confirmed.filter(pk=user_id).first()
    if user:
        Notice.objects.owe(user, Kind.WELCOME, "account")


@transaction.atomic
def notify_editors(post_id: int) -> None:
    """Tell the editors who watch that a draft is there, or that it waits for them where its author may not publish."""
    post = Post.objects.select_related("author").filter(pk=post_id).first()
    if post is None or post.status not in {"draft", "scheduled"}:
        return
    kind = Kind.DRAFT if post.author.can_publish(post) else Kind.REVIEW
    for editor in Watch.objects.editors().exclude(pk=post.author_id):
        Notice.objects.owe(editor, kind, f"post:{post.pk}", post_id=post.pk, actor_id=post.author_id)
