"""A note on a post, for those who work on it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.team.kinds.submitted import REVIEWS
from app.team.models import Note
from app.team.pages import DISCUSSION


@register
class NotedNotice(Kind):
    name = "noted"
    template = "team/mail/noted"
    preference = REVIEWS

    def subject(self, notice: Notice, number: int) -> str:
        return _("%(who)s wrote a note on “%(title)s”") % {"who": notice.actor_name, "title": notice.post_title}

    def links(self, notice: Notice) -> dict[str, Any]:
        note = _note_of(notice)
        return {"post_url": link(DISCUSSION.url(notice.post_id)), "letter": note.text if note else ""}

    def obsolete(self, notice: Notice) -> str:
        return "" if _note_of(notice) else "the note was deleted"


def _note_of(notice: Notice) -> Note | None:
    return Note.objects.filter(pk=int(notice.subject_key.removeprefix("note:"))).first()
