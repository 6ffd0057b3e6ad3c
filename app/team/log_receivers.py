"""What other rooms announce goes into the log: who published, withdrew or deleted a post, or discarded effects.

Each is written in the transaction of the change, as the signals are sent there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models.signals import post_save

from app.blog.models import Post
from app.blog.placement import Placement
from app.blog.signals import post_deleted, post_mailed, post_published, post_scheduled, post_withdrawn
from app.log.actions import Action
from app.log.models import Entry
from app.newsletter.models import MailingSettings
from owed.signals import effects_discarded

OF_POSTS = {
    post_published: Action.POST_PUBLISHED,
    post_mailed: Action.POST_MAILED,
    post_scheduled: Action.POST_SCHEDULED,
    post_withdrawn: Action.POST_WITHDRAWN,
}
OUTCOMES = {"discarded": Action.EFFECTS_DISCARDED, "cancelled": Action.EFFECTS_CANCELLED}


def connect() -> None:
    """Listen to what is announced about posts, effects and settings."""
    for signal, action in OF_POSTS.items():
        signal.connect(_of_post(action), weak=False, dispatch_uid=f"team.log.{action}")
    post_deleted.connect(_post_deleted, dispatch_uid="team.log.post_deleted")
    effects_discarded.connect(_effects_ended, dispatch_uid="team.log.effects_ended")
    post_save.connect(_settings_saved, sender=MailingSettings, dispatch_uid="team.log.mailing_settings")


def _of_post(action: Action) -> Callable[..., None]:
    def note(sender: type[Post], post: Post, **kwargs: Any) -> None:
        detail = {"at": post.publish_at.isoformat()} if action == Action.POST_SCHEDULED and post.publish_at else {}
        Entry.objects.note(action, post, post.title, **detail)

    return note


def _post_deleted(sender: type[Post], post_id: int, before: Placement, **kwargs: Any) -> None:
    Entry.objects.note(Action.POST_DELETED, f"post:{post_id}", before.slug)


def _effects_ended(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    about = f"effect:{ids[0]}" if len(ids) == 1 else "effects"
    Entry.objects.note(OUTCOMES[outcome], about, reason, number=len(ids))


def _settings_saved(sender: type[MailingSettings], instance: MailingSettings, **kwargs: Any) -> None:
    Entry.objects.note(Action.SETTINGS_CHANGED, "settings:mailings")
