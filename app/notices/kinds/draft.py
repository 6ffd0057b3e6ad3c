"""A new draft, for the editors who watch. Of one that is submitted for review, app/team/kinds/submitted.py notifies them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.blog.models import Post
from app.blog.pages import EDITOR
from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice, Watch
from app.notices.preferences import Preference


class DraftPreference(Preference):
    def turn_off(self, user_id: int) -> None:
        Watch.objects.filter(user_id=user_id).delete()


DRAFTS = DraftPreference("drafts", gettext_lazy("new drafts of others"))


@register
class DraftNotice(Kind):
    name = "draft"
    template = "notices/mail/draft"
    preference = DRAFTS

    def subject(self, notice: Notice, number: int) -> str:
        return _("New draft by %(who)s: “%(title)s”") % {"who": notice.actor_name, "title": notice.post_title}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"post_url": link(EDITOR.url(notice.post_id))}


@register
class ReviewNotice(DraftNotice):
    """What an earlier release owed at the first save of who may not publish."""

    name = "review"

    def subject(self, notice: Notice, number: int) -> str:
        return _("“%(title)s” by %(who)s waits for review") % {"who": notice.actor_name, "title": notice.post_title}


@transaction.atomic
def send_post_notification(post: Post | int) -> None:
    """Notify the editors who watch of a draft. Readers are notified when the post is public, by the newsletter."""
    pk = post if isinstance(post, int) else post.pk
    draft = Post.objects.select_related("author").filter(pk=pk).first()
    if draft is None or draft.status not in {"draft", "scheduled"}:
        return
    for editor in Watch.objects.editors().exclude(pk=draft.author_id):
        Notice.objects.owe(editor, DraftNotice, f"post:{pk}", post_id=pk, actor_id=draft.author_id)
