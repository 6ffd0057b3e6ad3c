"""A mailing that many refusals paused, for its author and the owners of the site."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.blog.models import Post
from app.blog.pages import EDITOR
from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice


@register
class RefusalsNotice(Kind):
    """It is work that waits for a decision, and has no switch."""

    name = "refusals"
    template = "notices/mail/refusals"

    def subject(self, notice: Notice, number: int) -> str:
        return _("The mailing of “%(title)s” is paused: many emails were refused") % {"title": notice.post_title}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"post_url": link(EDITOR.url(notice.post_id))}


@transaction.atomic
def send_refusals_notification(post_id: int, send_id: int, at: int) -> None:
    """Notify the author and all superusers, once for each pause: `at` is when it began."""
    author = Post.objects.filter(pk=post_id).values("author_id")
    for user in User.objects.filter(Q(pk__in=author) | Q(is_superuser=True), is_active=True).order_by("pk"):
        Notice.objects.owe(user, RefusalsNotice, f"send:{send_id}/{at}", post_id=post_id)
