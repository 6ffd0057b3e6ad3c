"""A post waits for review: the letter to editors."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.blog.pages import EDITOR
from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.notices.preferences import ProfileOption
from app.team.models import Note, Review

REVIEWS = ProfileOption("reviews", gettext_lazy("posts that wait for review, notes and assignments"))


@register
class SubmittedNotice(Kind):
    name = "submitted"
    template = "team/mail/submitted"
    preference = REVIEWS

    def subject(self, notice: Notice, number: int) -> str:
        return _("“%(title)s” by %(who)s waits for review") % {"title": notice.post_title, "who": notice.actor_name}

    def links(self, notice: Notice) -> dict[str, Any]:
        letter = Note.objects.filter(post=notice.post_id, round=_round(notice)).values_list("text", flat=True).first()
        return {"post_url": link(EDITOR.url(notice.post_id)), "letter": letter or ""}

    def obsolete(self, notice: Notice) -> str:
        review = Review.objects.select_related("post").filter(post=notice.post_id).first()
        if review is None or not review.is_waiting:
            return "published or given back before it was sent"
        return "" if review.round == _round(notice) else "submitted once more since"


def _round(notice: Notice) -> int:
    return int(notice.subject_key.partition("/")[2])
