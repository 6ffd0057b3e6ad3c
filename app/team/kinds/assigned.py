"""A post is someone's to work on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from app.blog.pages import EDITOR
from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.team.kinds.submitted import REVIEWS
from app.team.models import Review


@register
class AssignedNotice(Kind):
    name = "assigned"
    template = "team/mail/assigned"
    preference = REVIEWS

    def subject(self, notice: Notice, number: int) -> str:
        return _("%(who)s assigned you “%(title)s”") % {"who": notice.actor_name, "title": notice.post_title}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"post_url": link(EDITOR.url(notice.post_id))}

    def obsolete(self, notice: Notice) -> str:
        is_theirs = Review.objects.filter(post=notice.post_id, assignee=notice.recipient_id).exists()
        return "" if is_theirs else "assigned to someone else before it was sent"
