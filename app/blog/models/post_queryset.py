"""Posts by what they are, and verbs for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from app.accounts.models import User
from app.blog import files, slugs
from app.blog.changes import change
from app.blog.errors import AlreadyPublished, NotPublished, NotSaved, NotScheduled, PostGone
from app.blog.models.publication import HIDDEN, PUBLISH_EACH
from app.blog.placement import lock, move_each
from app.blog.signals import post_created
from app.blog.status import OUT, Status
from owed import gather

if TYPE_CHECKING:
    from app.blog.models.post import Post
    from app.blog.models.taxonomy import Tag

NEWEST = ("-published_at", "-pk")


class PostQuerySet(models.QuerySet["Post"]):
    def public(self) -> PostQuerySet:
        """Return what readers may see."""
        return self.filter(status=Status.PUBLISHED)

    def due(self, now: datetime) -> PostQuerySet:
        """Return the scheduled posts whose time has come."""
        return self.filter(status=Status.SCHEDULED, publish_at__lte=now)

    def visible_to(self, user: User | AnonymousUser) -> PostQuerySet:
        """Return the posts for which `user.can_see(post)` is true; the public ones for a guest."""
        if not isinstance(user, User) or not user.is_active:
            return self.public()
        return self.all() if user.edits_everything else self.filter(Q(status=Status.PUBLISHED) | Q(author=user))

    def managed_by(self, user: User | AnonymousUser) -> PostQuerySet:
        """Return the posts that the user works on: their own, or all."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        return self.all() if user.edits_everything else self.filter(author=user)

    def listed(self) -> PostQuerySet:
        """Return public posts for a list: newest first, with what a list shows."""
        return self.public().select_related("author__profile", "category", "cover").prefetch_related("tags").order_by(*NEWEST)

    def publish(self, *, at: datetime) -> int:
        """Publish each of these posts that is not. Return how many were."""
        with change(), gather():
            return sum(_publish_unless_public(post, at) for post in self.exclude(status__in=OUT).order_by("pk"))

    def withdraw(self) -> int:
        """Withdraw each of these posts that is public. Return how many were."""
        with change(), gather():
            return sum(_withdraw_if_public(post) for post in self.public().order_by("pk"))

    def publish_due(self, now: datetime) -> int:
        """Publish what is due, each post once however many schedulers run. Return how many this call published."""
        with change(), gather():
            return sum(_publish_if_due(post, now) for post in self.due(now).order_by("pk"))

    def update(self, **values: Any) -> int:
        """Write these columns and send no signal. Raises NotSaved for columns that counts and readers depend on."""
        if moved := values.keys() & {"status", "author", "author_id"}:
            raise NotSaved(f"update() does not write {', '.join(sorted(moved))}: publish(), withdraw() or save() each post")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable[Post], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Write these fields of many as save() would, in one transaction: no count or event is missing."""
        posts, names = list(objs), list(fields)
        with change(), gather():
            for post in posts:
                post.save(using=self.db, update_fields=names)
        return len(posts)

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the posts. A row that is about to refer to one of them waits, and finds it gone."""
        with change():
            lock(self.model._default_manager.filter(pk__in=self.order_by().values("pk")), to_delete=True)
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def insert_drafts(self, drafts: Sequence[tuple[Post, Sequence[Tag]]]) -> None:
        """Insert new drafts, each with its slug and its tags: as save() would, in a few statements for all.

        Raises ValidationError where one of them cannot be saved. Django's own signals (post_save, m2m_changed) are not sent.
        """
        posts = [post for post, _ in drafts]
        for post in posts:
            post.prepare(post.content)
        with change() as changing, gather():
            for post in posts:
                post.tidy()
            slugs.claim_new([post.slug for post in posts])
            super().bulk_create(posts)
            labels = self.model.tags.through
            labels.objects.bulk_create(labels(post=post, tag=tag) for post, tags in drafts for tag in tags)
            files.attach_new(posts)
            for post in posts:
                post.remember()
                changing.count(post.author_id, posts=1)
                post_created.send(sender=self.model, post=post)

    def publish_each(self, times: Sequence[tuple[Post, datetime]]) -> None:
        """Publish each of these at its own time, in a few statements for all. Raises AlreadyPublished where one of them is."""
        posts = {post.pk: (post, at) for post, at in times}
        with change() as changing, gather():
            lock(self.filter(pk__in=posts))
            for post, _ in times:
                post.forget_time()
                post.look_back()
            moved = move_each({pk: at for pk, (_, at) in posts.items()}, PUBLISH_EACH, HIDDEN)
            if len(moved) < len(posts):
                raise AlreadyPublished
            for pk, (post, _) in posts.items():
                post.announce_publication(post.take_over(moved[pk]), changing)

    def bulk_create(self, objs: Iterable[Post], *args: Any, **options: Any) -> list[Post]:
        """Insert many as save() would, in one transaction: no count, slug or event is missing. Refuses conflict options."""
        if options.get("ignore_conflicts") or options.get("update_conflicts"):
            raise ValueError("posts cannot be inserted on conflict: it would be unknown which of them are new")
        posts = list(objs)
        with change(), gather():
            for post in posts:
                post.save(force_insert=True, using=self.db)
        return posts


def _publish_unless_public(post: Post, at: datetime) -> bool:
    try:
        post.publish(at=at)
    except (AlreadyPublished, PostGone):
        return False
    return True


def _withdraw_if_public(post: Post) -> bool:
    try:
        post.withdraw()
    except (NotPublished, PostGone):
        return False
    return True


def _publish_if_due(post: Post, now: datetime) -> bool:
    try:
        post.publish_if_due(now=now)
    except (NotScheduled, PostGone):
        return False
    return True
