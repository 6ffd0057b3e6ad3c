"""A long backlog: many workers, few messages, a rebuild beside readers. P8, P10, P13."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.search import effects
from app.search.index import update_search_index_batch
from app.search.management.commands import reindex as command
from app.search.models import Document
from app.search.query import search
from owed import gather, record, registry
from owed.models import Effect
from owed.running import run
from owed.testing import drain
from owed.waker import Hint, pack, waker
from tests.factories import Publish

pytestmark = pytest.mark.django_db(transaction=True)

MANY = """
INSERT INTO blog_post (title, slug, content, content_html, excerpt, status, author_id, revision, published_at, created_at,
    updated_at, last_activity, view_count, like_count, comment_count)
SELECT 'Number ' || n, 'number-' || n, 'Words.', '<p>Words of a whale.</p>', '', 'published', %s, 1, now(), now(), now(), now(),
    0, 0, 0
FROM generate_series(1, %s) AS n RETURNING id
"""


def many(author: User, count: int) -> list[int]:
    """Write public posts past all signals, and owe their documents."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, [author.pk, count])
        ids = [row[0] for row in cursor.fetchall()]
    with transaction.atomic(), gather():
        for pk in ids:
            record(effects.refresh.si(post_id=pk), about=f"post:{pk}")
    return ids


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Hint]]:
    """Collect the hints that this process would publish."""
    hints: list[Hint] = []
    assert waker.wait_idle(10)
    monkeypatch.setattr(waker, "publish", hints.extend)
    yield hints
    assert waker.wait_idle(10)


class TestFourWorkers:
    @pytest.mark.covers("P8", "P9")
    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("number", [2_000, pytest.param(10_000, marks=pytest.mark.slow)])
    def test_that_all_hear_every_hint_write_each_document_once(
        self, author: User, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        ids = many(author, number)
        written: list[int] = []

        def counted(post_ids: list[int]) -> int:
            written.append(update_search_index_batch(post_ids))
            return written[-1]

        monkeypatch.setattr("tasks.search.update_search_index_batch", counted)
        Effect.objects.update(state="ready")
        hints = pack(Effect.objects.values_list("task", "pk"))

        # After half a second a worker leaves the rest of a hint for later: on a busy machine, after one batch.
        until = time.monotonic() + 600

        def work(seed: int) -> int:
            order = random.Random(seed).sample(hints, len(hints))
            done = sum(len(run(registry.get(hint.task), hint.ids, uuid4(), until=until).done) for hint in order)
            connections.close_all()
            return done

        with ThreadPoolExecutor(4) as workers:
            shares = list(workers.map(work, range(4)))
        assert sum(shares) == sum(written) == len(ids)
        assert all(shares)
        assert Document.objects.count() == len(ids)
        assert set(Effect.objects.values_list("state", "attempt")) == {("done", 1)}


class TestAnImport:
    @pytest.mark.long
    @pytest.mark.covers("P10", "P9")
    def test_of_five_hundred_posts_rings_five_times_and_is_indexed_in_five_batches(
        self, author: User, rung: list[Hint], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes: list[int] = []
        monkeypatch.setattr("tasks.search.update_search_index_batch", lambda ids: sizes.append(len(ids)))
        fields = {"author": author, "status": "published", "published_at": timezone.now() - timedelta(days=400)}
        posts = [Post(title=f"Number {n}", content="-", source=f"blog/{n}", **fields) for n in range(500)]
        with transaction.atomic():
            Post.objects.bulk_create(posts)
        Effect.objects.filter(task="search.refresh").update(state="ready")
        assert waker.wait_idle(10)
        messages = Counter(hint.task for hint in rung)
        assert messages["search.refresh"] <= 5
        assert messages.total() <= 20, messages
        Effect.objects.exclude(task="search.refresh").delete()
        drain()
        assert sizes == [100] * 5


class TestARebuild:
    @pytest.fixture
    def posts(self, publish: Publish) -> list[Post]:
        posts = [publish(f"Whale {number}") for number in range(12)]
        drain()
        return posts

    @pytest.mark.covers("P13")
    def test_leaves_every_search_whole_meanwhile(self, posts: list[Post], monkeypatch: pytest.MonkeyPatch) -> None:
        totals: list[int] = []

        def search_again(self: Any, done: int, last: int) -> None:
            totals.append(elsewhere.submit(_found).result(20))

        monkeypatch.setattr(command.Command, "_progress", search_again)
        with ThreadPoolExecutor(1) as elsewhere:
            call_command("reindex", "--all", "--batch=1", stdout=StringIO())
            elsewhere.submit(connections.close_all).result(20)
        assert totals == [12] * 12

    @pytest.mark.covers("P13")
    def test_that_was_stopped_goes_on_where_it_was(self, posts: list[Post], monkeypatch: pytest.MonkeyPatch) -> None:
        Document.objects.all().delete()

        def stop(self: Any, done: int, last: int) -> None:
            if done == 6:
                raise KeyboardInterrupt

        with monkeypatch.context() as stopped:
            stopped.setattr(command.Command, "_progress", stop)
            with pytest.raises(KeyboardInterrupt):
                call_command("reindex", "--batch=3")
        assert Document.objects.count() == 6
        said = StringIO()
        call_command("reindex", stdout=said)
        assert "6 missing, 0 stale, 0 left, 0 different" in said.getvalue()
        assert _found() == 12


def _found() -> int:
    return search("whale").total
