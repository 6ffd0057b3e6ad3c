"""What the benchmarks play on: authors, drafts, the switchboard on and off, and plain Celery."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from app.blog.signals import post_created, post_published

BODY = "A paragraph of an ordinary length, with *some* emphasis and a [link](https://example.org/).\n\n" * 30
EFFECTS = 6
serial = itertools.count()


def author() -> User:
    found = User.objects.filter(username="bench").first()
    return found or User.objects.create_superuser("bench", "bench@example.org", "bench")


def draft() -> Post:
    """Return a draft with a category and three tags."""
    n = next(serial)
    category, _ = Category.objects.get_or_create(name="Bench", slug="bench")
    post = Post(title=f"Post {n}", slug=f"post-{n}", content=BODY, author=author(), category=category)
    post.save()
    post.tags.set([Tag.objects.get_or_create(name=f"tag {i}", slug=f"tag-{i}")[0] for i in range(3)])
    return post


def publishing(post: Post) -> Callable[[], None]:
    return lambda: post.publish(at=timezone.now())


@contextmanager
def quiet() -> Iterator[None]:
    """Create drafts without the notices that a new draft owes."""
    receivers, post_created.receivers = post_created.receivers, []
    post_created.sender_receivers_cache.clear()
    try:
        yield
    finally:
        post_created.receivers = receivers
        post_created.sender_receivers_cache.clear()


class Switchboard:
    """Which receivers hear that a post was published: ours, none, or a plain Celery recipe."""

    def __init__(self) -> None:
        self.ours = post_published.receivers

    def off(self) -> None:
        self._set([])

    def on(self) -> None:
        self._set(self.ours)

    def plain(self) -> None:
        """Call on_commit + delay for each effect, as the tutorials do."""
        self._set([])
        post_published.connect(plain_receiver, dispatch_uid="bench.plain")

    def _set(self, receivers: list[object]) -> None:
        post_published.receivers = receivers
        post_published.sender_receivers_cache.clear()


@shared_task(name="upkeep.bench_plain", ignore_result=True)
def plain_task(post_id: int) -> None:
    """Stand for a side effect in a plain Celery application."""


def plain_receiver(sender: object, post: Post, **kwargs: object) -> None:
    for _ in range(EFFECTS):
        transaction.on_commit(lambda: plain_task.delay(post.pk))


def effects_per_publication() -> int:
    """Return how many effects our switchboard owes for one publication."""
    from owed.models import Effect

    with quiet():
        post = draft()
    post.publish(at=timezone.now())
    return Effect.objects.filter(about=f"post:{post.pk}").count()


__all__ = ["EFFECTS", "Switchboard", "draft", "effects_per_publication", "publishing", "quiet"]
