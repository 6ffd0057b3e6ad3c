"""Files of posts: which post shows which, and what becomes of the file of a picture that was deleted by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.apps import apps
from django.conf import settings
from django.db import transaction

from app.blog.changes import change
from app.blog.placement import Placement, lock, placements_of
from app.blog.signals import post_revised
from app.blog.variant_files import remove_variants
from owed import gather
from owed.sql import hold

if TYPE_CHECKING:
    from app.blog.models import Post
    from app.blog.models.media import MediaQuerySet
    from app.blog.models.post_queryset import PostQuerySet

SOURCE = re.compile(r'(?:src|href)="([^"]+)"')


def attach(post: Post, before: Placement | None = None) -> None:
    """Make the post's attachments those that its text shows, and note what its readers no longer get to see.

    A cover that was deleted while the post was being written is left out.
    """
    shown = set(_media().filter(file__in=_names(post.content_html)).values_list("pk", flat=True))
    attached = set(post.media.values_list("pk", flat=True))
    if shown != attached:
        post.media.set(shown)
    if post.cover_id and _media().deleted().filter(pk=post.cover_id).exists():
        _posts().filter(pk=post.pk).update(cover=None)
        post.refresh_from_db(fields=["cover"])
    if before is not None and post.published_at is not None:
        left = set(before.media_ids) - {*shown, post.cover_id}
        apps.get_model("blog", "EarlierUse").objects.note([(before, left)], post_id=post.pk)


def attach_new(posts: Sequence[Post]) -> None:
    """Do what attach() does for posts that were just inserted, in a few statements for all."""
    names = {post.pk: _names(post.content_html) for post in posts}
    known = _media().filter(file__in=set().union(*names.values())).values_list("file", "pk")
    shown = [(pk, media_id) for file, media_id in known for pk, wanted in names.items() if file in wanted]
    through = apps.get_model("blog", "Post").media.through
    through._default_manager.bulk_create(through(post_id=pk, media_id=media_id) for pk, media_id in shown)
    covers = {post.cover_id for post in posts if post.cover_id}
    deleted = set(_media().deleted().filter(pk__in=covers).values_list("pk", flat=True))
    for post in (post for post in posts if post.cover_id in deleted):
        _posts().filter(pk=post.pk).update(cover=None)
        post.refresh_from_db(fields=["cover"])


def cleanup_post_files(post: Post | Iterable[int]) -> int:
    """Remove the files of those of a post's pictures that a person deleted. Return how many. Safe to do twice.

    Takes the post, or the ids of media. What is in the library stays, whether or not a post shows it.
    """
    media_ids = post if isinstance(post, Iterable) else [*post.media.values_list("pk", flat=True), post.cover_id]
    deleted = _media().deleted().filter(pk__in=[pk for pk in media_ids if pk is not None]).order_by("pk")
    return sum(_remove(pk) for pk in list(deleted.values_list("pk", flat=True)))


def _remove(pk: int) -> int:
    _await_posts(pk)
    _uncover(pk)
    return _remove_file(pk)


@transaction.atomic
def _await_posts(pk: int) -> None:
    """Wait for posts that are being saved with this cover: they looked before it was deleted."""
    _media().select_for_update().filter(pk=pk).first()


def _uncover(pk: int) -> None:
    """Take the picture off the posts of which it is the cover. Their revision stays: an open editor can still save."""
    with change() as changing, gather():
        posts = lock(_posts().filter(cover=pk, cover__deleted_at__isnull=False))
        before = placements_of(posts)
        _posts().filter(pk__in=posts).update(cover=None)
        after = placements_of(posts)
        for post in _posts().public().filter(pk__in=posts).order_by("pk"):
            changing.touch(*before[post.pk].scopes())
            post_revised.send(sender=type(post), post=post, before=before[post.pk], after=after[post.pk])


@transaction.atomic
def _remove_file(pk: int) -> int:
    """Remove the file under the lock that an upload of the same picture must wait for, or finds it taken back."""
    hold(f"media:{_media().values_list('checksum', flat=True).get(pk=pk)}")
    media = _media().deleted().select_for_update(no_key=True).filter(pk=pk).first()
    if media is None:
        return 0
    storage, name = media.file.storage, str(media.file.name)
    existed = storage.exists(name)
    if media.owner_id is None and media.deleted_by_id is None:
        # What a closed account leaves: its owner is gone, and need not be named.
        media.delete()
    # Before the commit: should it fail, the row is still there and the next run meets files that are gone already.
    remove_variants(media.checksum)
    storage.delete(name)
    return int(existed)


def _names(markup: str) -> set[str]:
    """Return the storage names of the files that this HTML refers to."""
    prefix = settings.MEDIA_URL
    links = (unquote(link) for link in SOURCE.findall(markup))
    return {link.split(prefix, 1)[1].split("?")[0] for link in links if prefix in link}


def _media() -> MediaQuerySet:
    media: MediaQuerySet = apps.get_model("blog", "Media")._default_manager.all()
    return media


def _posts() -> PostQuerySet:
    posts: PostQuerySet = apps.get_model("blog", "Post")._default_manager.all()
    return posts
