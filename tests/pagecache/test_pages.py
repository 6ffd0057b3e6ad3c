"""The cache: C2, C3, C10 to C13, and H10."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog import versions
from app.blog.models import Post
from app.pagecache.backend import Cache, Outage, outage
from app.pagecache.pages import cached, purge
from tasks.cache import purge as purge_task
from tests.waiting import wait_until


def titles() -> list[str]:
    return list(Post.objects.listed().values_list("title", flat=True))


def recent(build: Callable[[], Any] = titles, page: int | str = 1) -> Any:
    return cached("recent_posts", "site", page, build)


@pytest.fixture
def post(db: None) -> Post:
    author = User.objects.create(username="writer", role=Role.AUTHOR)
    post = Post.objects.create(title="Old", content="Words", author=author)
    post.publish(at=timezone.now())
    return post


@pytest.fixture(autouse=True)
def _healthy() -> Iterator[None]:
    outage.failing = False
    yield
    outage.failing = False


@pytest.fixture
def frozen_port() -> Iterator[int]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestOutage:
    def test_leaves_a_failing_cache_alone_then_tries_again(self, caplog: pytest.LogCaptureFixture) -> None:
        calls: list[int] = []

        def broken() -> str:
            calls.append(1)
            raise ConnectionError("away")

        trouble = Outage(quiet=60)
        with caplog.at_level(logging.WARNING, "afterword.cache"):
            assert [trouble.attempt(broken, "instead") for _ in range(5)] == ["instead"] * 5
        assert len(calls) == trouble.errors == 1
        assert [line.message for line in caplog.records] == ["cache.unavailable"]

        trouble._retry_at = 0
        assert trouble.attempt(lambda: "back", "instead") == "back"
        assert not trouble.failing

    def test_logs_once_in_an_interval_and_counts_each(self, caplog: pytest.LogCaptureFixture) -> None:
        trouble = Outage(quiet=0)
        with caplog.at_level(logging.WARNING, "afterword.cache"):
            for _ in range(4):
                trouble.attempt(lambda: 1 / 0, 0)

        assert trouble.errors == 4
        assert len(caplog.records) == 1


@pytest.mark.covers("C10")
class TestCacheThatIsAway:
    @pytest.mark.parametrize("location", ["unix:///nowhere/cache.sock?db=0", "redis://127.0.0.1:1/0"])
    def test_reads_as_a_miss_and_writes_as_nothing(self, location: str) -> None:
        away = Cache(location, {"OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}})

        assert away.get("a", "default") == "default"
        assert away.get_many(["a"]) == {}
        assert "a" not in away
        assert away.add("a", 1) is True
        assert away.set_many({"a": 1}) == ["a"]
        assert away.delete("a") is False
        assert away.touch("a") is False
        assert away.incr("a", 2) == 2
        assert away.get_or_set("a", lambda: 4) == 4
        away.set("a", 1)
        away.delete_many(["a"])
        away.clear()
        assert outage.failing

    @pytest.mark.timed
    def test_holds_nobody_up_for_longer_than_its_timeout(self, frozen_port: int) -> None:
        frozen = Cache(
            f"redis://127.0.0.1:{frozen_port}/0", {"OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.3}}
        )
        began = time.monotonic()
        for _ in range(50):
            assert frozen.get("a") is None

        assert time.monotonic() - began < 2

    @pytest.mark.django_db
    def test_costs_a_page_nothing_but_the_build(self, post: Post, settings: Any) -> None:
        settings.CACHES = {"default": {"BACKEND": "app.pagecache.backend.Cache", "LOCATION": "unix:///nowhere/cache.sock"}}

        assert recent() == recent() == ["Old"]
        post.revise(title="New")
        assert recent() == ["New"]
        assert purge(["site"]) == 0


@pytest.mark.covers("C11")
class TestCache:
    @pytest.mark.parametrize("value", [1, "text", b"bytes", {"a": [1, None]}, None])
    def test_keeps_what_it_was_given_for_every_process(self, value: Any) -> None:
        cache.set("key", value)
        with ThreadPoolExecutor(1) as another:
            assert another.submit(cache.get, "key", "missing").result(5) == value

    def test_counts(self) -> None:
        cache.delete("count")

        assert [cache.incr("count"), cache.incr("count", 5)] == [1, 6]


@pytest.mark.django_db(transaction=True)
class TestCached:
    def test_builds_once_for_the_same_state(self, post: Post) -> None:
        builds: list[int] = []

        def build() -> str:
            builds.append(1)
            return "page"

        assert [recent(build) for _ in range(10)] == ["page"] * 10
        assert len(builds) == 1

    @pytest.mark.covers("C2")
    def test_is_new_after_the_commit_whatever_was_read_before_it(self, post: Post) -> None:
        read = threading.Event()

        def save() -> None:
            with transaction.atomic():
                Post.objects.get(pk=post.pk).revise(title="New")
                assert read.wait(10)
            connections.close_all()

        with ThreadPoolExecutor(1) as another:
            saving = another.submit(save)
            assert recent() == ["Old"]
            read.set()
            saving.result(20)
        assert recent() == ["New"]

    @pytest.mark.covers("C3")
    def test_is_not_put_back_by_a_slow_reader(self, post: Post) -> None:
        loaded, go_on = threading.Event(), threading.Event()

        def slow() -> list[str]:
            old = titles()
            loaded.set()
            assert go_on.wait(10)
            return old

        def read() -> list[str]:
            try:
                return list(recent(slow))
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as another:
            reading = another.submit(read)
            assert loaded.wait(10)
            Post.objects.get(pk=post.pk).revise(title="New")
            assert recent() == ["New"]
            go_on.set()
            assert reading.result(20) == ["Old"]

        assert recent() == ["New"]

    @pytest.mark.covers("C12")
    def test_is_built_by_one_of_fifty_at_once(self, post: Post) -> None:
        builds: list[int] = []

        def build() -> str:
            builds.append(1)
            wait_until(lambda: cache.get("asked", 0) >= 10)
            return "page"

        def ask(_: int) -> str:
            cache.incr("asked")
            try:
                return str(recent(build))
            finally:
                connections.close_all()

        with ThreadPoolExecutor(20) as readers:
            assert list(readers.map(ask, range(50))) == ["page"] * 50
        assert len(builds) == 1

    @pytest.mark.covers("C12")
    def test_is_left_alone_by_views_and_likes(self, post: Post) -> None:
        before = versions.current("site")
        post.like(User.objects.create(username="reader"))
        Post.objects.filter(pk=post.pk).update(view_count=1000)

        assert versions.current("site") == before

    @pytest.mark.timed
    def test_waits_no_longer_than_three_seconds_for_another_builder(self, post: Post) -> None:
        version = versions.current("site")
        cache.set(f"lock.recent_posts.v{version}.1", 1, 30)
        began = time.monotonic()

        assert recent(lambda: "mine") == "mine"
        assert time.monotonic() - began < 6

    @pytest.mark.timed
    def test_lets_a_failed_build_out_and_the_next_caller_in(self, post: Post) -> None:
        with pytest.raises(ZeroDivisionError):
            recent(lambda: 1 / 0)
        began = time.monotonic()

        assert recent(lambda: "page") == "page"
        assert time.monotonic() - began < 0.9

    @pytest.mark.covers("C13")
    def test_keeps_pages_apart_and_renews_each(self, post: Post) -> None:
        pages: list[int | str] = [1, 2, "a page\nwith anything é" * 50]
        for page in pages:
            assert recent(lambda page=page: f"page {page}", page) == f"page {page}"
        Post.objects.get(pk=post.pk).revise(title="New")

        for page in pages:
            assert recent(lambda: "new", page) == "new"

    @pytest.mark.covers("C13")
    def test_names_its_families_as_they_are_invalidated(self, post: Post) -> None:
        for family, scope in (("user_posts", f"author:{post.author_id}"), ("post", f"post:{post.pk}")):
            assert cached(family, scope, 1, lambda: "old") == "old"
            cache.delete(f"{family}_{scope.split(':')[1]}")
            assert cached(family, scope, 1, lambda: "new") == "new"


@pytest.mark.django_db
class TestPurge:
    @pytest.mark.covers("C13")
    def test_deletes_pages_of_versions_that_passed(self, post: Post) -> None:
        for page in (1, 2):
            recent(page=page)
        old = versions.current("site")
        post.revise(title="New")
        recent()

        assert purge(["site", f"post:{post.pk}", f"tag:{1}", "nonsense"]) == 2
        assert f"recent_posts.v{old}.1" not in cache
        assert recent(lambda: "built again") == ["New"]

    def test_is_an_effect_that_knows_where_the_post_stands(self, post: Post) -> None:
        cached("user_posts", f"author:{post.author_id}", 1, lambda: "old")
        recent()
        versions.bump("site", f"author:{post.author_id}")
        kept = [f"recent_posts.v{versions.current('site') - 1}.1"]
        kept.append(f"user_posts_{post.author_id}.v{versions.current(f'author:{post.author_id}') - 1}.1")
        assert len(cache.get_many(kept)) == 2
        purge_task(post_id=post.pk, also=["category:1"])

        assert cache.get_many(kept) == {}
