"""A like of one's post."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Like, Post
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.notices.preferences import ProfileOption


@register
class LikeNotice(Kind):
    name = "like"
    template = "notices/mail/like"
    preference = ProfileOption("likes", gettext_lazy("likes of your posts"))
    is_digested = True

    def subject(self, notice: Notice, number: int) -> str:
        facts = {"number": number, "who": notice.actor_name, "title": notice.post_title}
        if number > 1:
            return _("%(number)s readers like “%(title)s”") % facts
        return _("%(who)s likes “%(title)s”") % facts

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"post_url": notice.post_url}

    def obsolete(self, notice: Notice) -> str:
        is_liked = Like.objects.filter(post=notice.post, user=notice.actor).exists()
        return "" if is_liked else "withdrawn before it was sent"


@transaction.atomic
def send_like_notification(post: Post | int, user: User | int) -> None:
    """Notify the author of a like: once for each reader and post, however often it is taken back, never of their own."""
    post_id, user_id = (each if isinstance(each, int) else each.pk for each in (post, user))
    like = Like.objects.select_related("post__author").filter(post_id=post_id, user_id=user_id).first()
    if like and like.post.author_id != user_id:
        key = f"post:{post_id}/user:{user_id}"
        Notice.objects.owe(like.post.author, LikeNotice, key, post_id=post_id, actor_id=user_id)
