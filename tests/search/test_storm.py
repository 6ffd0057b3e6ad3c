"""Writers and workers at once: in the end the index is what the database says, by what was owed alone."""

from __future__ import annotations

import random
from functools import partial
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.errors import Refused
from app.blog.models import Post
from app.search.models import Document
from owed.draining import work
from owed.models import Effect
from owed.testing import drain
from tests.concurrency import at_once

POSTS, WRITERS, TIMES, WORKERS = 20, 2, 250, 2


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
@pytest.mark.covers("E2", "E3", "P8", "X14")
class TestFiveHundredChanges:
    @pytest.mark.long
    def test_beside_two_workers_leave_the_index_exactly_as_the_posts_are(self) -> None:
        author = User.objects.create_user("ada", role=Role.AUTHOR)
        ids = [Post.objects.create(title=f"P{n}", content="-", author=author, status="published").pk for n in range(POSTS)]
        over = [Event() for _ in range(WRITERS)]
        writers = [partial(_disturb, ids, random.Random(seed), over[seed]) for seed in range(WRITERS)]
        results = at_once(*writers, *[partial(_index, over)] * WORKERS)
        assert results == [None] * (WRITERS + WORKERS)
        drain()
        public = dict(Post.objects.public().values_list("pk", "revision"))
        assert dict(Document.objects.values_list("post_id", "revision")) == public
        titles = dict(Post.objects.public().values_list("pk", "title"))
        assert dict(Document.objects.values_list("post_id", "title")) == titles
        assert 0 < len(public) < POSTS


def _disturb(ids: list[int], dice: random.Random, over: Event) -> None:
    """Edit, withdraw, publish, and now and then delete a post."""
    try:
        for number in range(TIMES):
            post = Post.objects.filter(pk=dice.choice(ids)).first()
            if post is None:
                continue
            try:
                _change(post, dice, number)
            except Refused:
                continue
    finally:
        over.set()


def _change(post: Post, dice: random.Random, number: int) -> None:
    match dice.randrange(20):
        case 0 if number > TIMES // 2:
            post.delete()
        case 1 | 2 | 3 | 4 | 5:
            post.withdraw()
        case 6 | 7 | 8 | 9 | 10:
            post.publish(at=timezone.now())
        case _:
            post.revise(title=f"Title {dice.random()}")


def _index(over: list[Event]) -> None:
    """Do what a worker does, with what is owed to search: as soon as it is owed, debounced or not."""
    while not all(event.is_set() for event in over):
        Effect.objects.filter(queue="search", state="waiting", attempt=0).update(state="ready")
        _forget_the_rest()
        work()


@transaction.atomic
def _forget_the_rest() -> None:
    """Delete what other queues owe. Rows are locked first: the other worker may claim what this one selected."""
    rest = Effect.objects.exclude(queue="search").filter(state__in=["ready", "waiting"])
    Effect.objects.filter(pk__in=list(rest.select_for_update(skip_locked=True).values_list("pk", flat=True))).delete()
