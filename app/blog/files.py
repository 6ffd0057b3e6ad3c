"""Files of posts: which post shows which, and what happens to those that none shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone

if TYPE_CHECKING:
    from app.blog.models import Post
    from app.blog.models.media import MediaQuerySet

GRACE = timedelta(hours=24)
SOURCE = re.compile(r'(?:src|href)="([^"]+)"')


def attach(post: Post) -> None:
    """Make the post's attachments those that its text shows."""
    shown = set(_media().filter(file__in=_names(post.content_html)).values_list("pk", flat=True))
    attached = set(post.media.values_list("pk", flat=True))
    if shown != attached:
        post.media.set(shown)
    claimed = shown if post.cover_id is None else {*shown, post.cover_id}
    _media().filter(pk__in=claimed, unclaimed_since__isnull=False).update(unclaimed_since=None)


def cleanup_post_files(post: Post | Iterable[int], *, now: datetime | None = None, grace: timedelta = GRACE) -> int:
    """Remove the files of a post that no post shows any more. Return how many. Safe to do twice.

    Takes the post, or the ids of its media as Placement keeps them: a deleted post has none left to ask for. What was
    uploaded again and is not in a post yet stays for the grace.
    """
    media_ids = post if isinstance(post, Iterable) else [*post.media.values_list("pk", flat=True), post.cover_id]
    return remove_unreferenced(now or timezone.now(), grace, [pk for pk in media_ids if pk is not None])


def remove_unreferenced(now: datetime, grace: timedelta = GRACE, among: Iterable[int] | None = None) -> int:
    """Remove every file that no post shows and that was not uploaded within the grace. Return how many. Safe to do twice."""
    found = _media().unreferenced().unclaimed(before=now - grace)
    if among is not None:
        found = found.filter(pk__in=list(among))
    return _remove(found.values_list("pk", flat=True))


def _remove(media_ids: Iterable[int]) -> int:
    return sum(_remove_one(pk) for pk in list(media_ids))


@transaction.atomic
def _remove_one(pk: int) -> int:
    """Remove a row and its file, under the lock that a post which begins to show it must wait for."""
    media = _media().select_for_update().filter(pk=pk).first()
    if media is None or not _media().unreferenced().filter(pk=pk).exists():
        return 0
    media.delete()
    # Before the commit: should it fail, the row is still there and the next run meets a file that is gone already.
    media.file.storage.delete(str(media.file.name))
    return 1


def _names(markup: str) -> set[str]:
    """Return the storage names of the files that this HTML refers to."""
    prefix = settings.MEDIA_URL
    links = (unquote(link) for link in SOURCE.findall(markup))
    return {link.split(prefix, 1)[1].split("?")[0] for link in links if prefix in link}


def _media() -> MediaQuerySet:
    media: MediaQuerySet = apps.get_model("blog", "Media")._default_manager.all()
    return media
