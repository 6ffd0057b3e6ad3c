"""Take back an import: what it brought goes by the product's own verbs, so that feeds, search and pages follow.

A post that has been used since stays, with the reason: it was changed, published or sent, or readers commented on it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from app.accounts.models import RegisteredVia, User
from app.blog.changes import change
from app.blog.media_deletion import delete_unused
from app.blog.models import Category, Comment, CommentStatus, Media, Post, Tag
from app.blog.placement import lock
from app.importer.models import Done, Import, ImportedPost, ImportState
from app.importer.work import A_PART
from app.newsletter.models import Send
from app.social.models import SocialPost
from owed import gather

CHUNK = 50
UNSEEN = (CommentStatus.SPAM, CommentStatus.DELETED)


def go_on(import_id: int, *, now: datetime, seconds: float = A_PART) -> None:
    """Delete what was brought, for so many seconds, and owe the rest. Safe to do twice."""
    run, until = Import.objects.filter(pk=import_id, state=ImportState.UNDOING).first(), time.monotonic() + seconds
    if run is None:
        return
    while _delete_some(run):
        if time.monotonic() > until:
            with transaction.atomic():
                run.owe_work()
            return
    _delete_what_only_they_used(run)
    run.finish(ImportState.UNDONE)
    run.forget_file()


def kept(run: Import) -> list[tuple[ImportedPost, str]]:
    """Return which posts an undo would leave now, each with the reason."""
    found: list[tuple[ImportedPost, str]] = []
    rows = list(run.posts.written().filter(post__isnull=False).select_related("post").order_by("number"))
    for start in range(0, len(rows), 1000):
        found += [(row, why) for row, why in _judged(rows[start : start + 1000]) if why]
    return found


@transaction.atomic
def _delete_some(run: Import) -> int:
    """Delete the next posts, or note why they stay. Return how many were looked at."""
    rows = list(run.posts.to_undo().order_by("number", "pk")[:CHUNK])
    if not rows:
        return 0
    with change(), gather():
        lock(Post.objects.filter(pk__in=[row.post_id for row in rows]), to_delete=True)
        judged = list(_judged(rows))
        gone = [row for row, why in judged if not why]
        Comment.objects.filter(pk__in=[pk for row, why in judged if why for pk in row.new_comments]).delete()
        Post.objects.filter(pk__in=[row.post_id for row in gone]).delete()
        for row, why in judged:
            row.kept, row.is_removed = why, not why
        ImportedPost.objects.bulk_update(rows, ["kept", "is_removed"])
    done = run.posts.written().exclude(kept="", is_removed=False).count()
    Import.objects.filter(pk=run.pk).update(done=done, updated_at=timezone.now())
    return len(rows)


def _judged(rows: Sequence[ImportedPost]) -> Iterator[tuple[ImportedPost, str]]:
    """Yield each with the reason why it stays, empty where it may go."""
    ids = [row.post_id for row in rows if row.post_id is not None]
    posts = {post.pk: post for post in Post.objects.filter(pk__in=ids).only("revision", "status")}
    sent = set(Send.objects.filter(post_id__in=ids).values_list("post_id", flat=True))
    shared = set(SocialPost.objects.filter(post_id__in=ids).values_list("post_id", flat=True))
    said = Comment.objects.filter(post_id__in=ids, imported__isnull=True).exclude(status__in=UNSEEN)
    commented = set(said.values_list("post_id", flat=True))
    for row in rows:
        post = posts.get(row.post_id or 0)
        yield row, "" if post is None else _reason(row, post, sent, shared, commented)


def _reason(row: ImportedPost, post: Post, sent: set[int], shared: set[int], commented: set[int]) -> str:
    if row.done != Done.CREATED:
        return _("it was here before this import")
    if post.pk in sent:
        return _("it was sent as a newsletter")
    if post.pk in shared:
        return _("it was shared on other networks")
    if post.pk in commented:
        return _("readers have commented on it")
    if (post.revision, post.status) != (row.revision, row.status):
        return _("it was changed or published here since")
    return ""


def _delete_what_only_they_used(run: Import) -> None:
    """Delete the pictures, tags, categories and users that came with the posts and that nothing else uses."""
    pictures = sorted({pk for ids in run.posts.written().values_list("media", flat=True) for pk in ids})
    for start in range(0, len(pictures), CHUNK):
        delete_unused(pictures[start : start + CHUNK], about=run.about)
    Tag.objects.filter(pk__in=run.made_tags, posts=None).delete()
    Category.objects.filter(pk__in=run.made_categories, posts=None).delete()
    _delete_users(run.made_users)


@transaction.atomic
def _delete_users(ids: Iterable[int]) -> None:
    """Delete authors without posts who have never signed in. The lock holds up a post that is about to name one."""
    list(User.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    unused = User.objects.filter(pk__in=ids, registered_via=RegisteredVia.IMPORT, last_login=None, posts=None, comments=None)
    for user in unused.exclude(media__in=Media.objects.kept()).order_by("pk"):
        user.delete()
