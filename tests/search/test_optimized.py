"""OptimizedSignalHandler: the tutorial's names over the durable dirty set."""

from __future__ import annotations

import gc
from io import StringIO

import pytest
from django.core.management import call_command
from django.dispatch import Signal
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.search.models import Document
from app.search.optimized import OptimizedSignalHandler, optimized_handler
from owed import registry
from owed.contrib import prometheus
from owed.models import Effect
from owed.testing import drain, owes

pytestmark = pytest.mark.django_db


@pytest.fixture
def posts(db: None) -> list[Post]:
    author = User.objects.create_user("ada", role="author")
    made = [Post.objects.create(title=f"Number {n}", content="...", author=author) for n in range(3)]
    for post in made:
        post.publish(at=timezone.now())
    return made


class TestItsNames:
    @pytest.mark.covers("P12")
    def test_are_the_tutorials(self) -> None:
        assert OptimizedSignalHandler().batch_size == 100
        assert registry.get("search.refresh").batch == optimized_handler.batch_size == 100
        assert OptimizedSignalHandler(batch_size=7).batch_size == 7


class TestPendingUpdates:
    @pytest.mark.covers("P12", "P4")
    def test_are_the_backlog_of_the_ledger(self, posts: list[Post]) -> None:
        assert optimized_handler.pending_updates == [post.pk for post in posts]
        drain()
        assert optimized_handler.pending_updates == []

    @pytest.mark.covers("P12")
    def test_show_in_the_command_and_in_the_metrics(self, posts: list[Post]) -> None:
        listed = StringIO()
        call_command("effects", "list", "--task", "search.refresh", stdout=listed)
        assert listed.getvalue().count("search.refresh") == len(posts)
        assert b'afterword_effects{queue="search",state="owed"} 3.0' in prometheus.render()


class TestProcessBatch:
    @pytest.mark.covers("P12", "P9")
    def test_indexes_what_is_pending_a_batch_at_a_time(self, posts: list[Post]) -> None:
        handler = OptimizedSignalHandler(batch_size=2)
        assert handler._process_batch() == [posts[2].pk]
        assert Document.objects.count() == 2
        assert handler._process_batch() == []
        assert Document.objects.count() == 3

    @pytest.mark.covers("P5")
    def test_keeps_what_failed(self, posts: list[Post], monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*args: object, **kwargs: object) -> None:
            raise ConnectionError("the index is away")

        monkeypatch.setattr("tasks.search.update_search_index_batch", away)
        assert optimized_handler._process_batch() == [post.pk for post in posts]


class TestTheReceiver:
    @pytest.mark.covers("P1", "P2")
    def test_still_works_after_garbage_collection(self, posts: list[Post]) -> None:
        Effect.objects.all().delete()
        changed = Signal()
        changed.connect(OptimizedSignalHandler().batch_update_search_index)
        gc.collect()
        changed.send(sender=Post, instance=posts[0])
        changed.send(sender=Post, post=posts[1])
        assert owes("search.refresh").count() == 2

    @pytest.mark.covers("P12")
    def test_owes_what_workers_take(self) -> None:
        assert registry.find("search.refresh")
