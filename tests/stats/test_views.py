"""Views: noted in memory, written by a thread, counted exactly once."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from app.blog.signals import post_viewed
from app.effects.models import Effect
from app.effects.testing import drain
from app.stats import retention, views
from app.stats.activity import erase, export
from app.stats.models import Activity, Salt, View

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("ada", role=Role.AUTHOR)


@pytest.fixture
def post(author: User) -> Post:
    return Post.objects.create(title="Read me", content="Words.", author=author, status="published")


@pytest.fixture
def buffer(monkeypatch: pytest.MonkeyPatch) -> views.Buffer:
    """A buffer whose thread never starts: the test flushes."""
    fresh = views.Buffer()
    monkeypatch.setattr(fresh, "_thread", Thread())
    monkeypatch.setattr(views, "buffer", fresh)
    return fresh


def get(address: str = "203.0.113.5", user: Any = None, method: str = "GET", **headers: str) -> Any:
    request = RequestFactory().generic(
        method, "/posts/read-me/", REMOTE_ADDR=address, headers={"User-Agent": BROWSER, **headers}
    )
    request.user = user or AnonymousUser()
    return request


def count(post: Post) -> int:
    return Post.objects.get(pk=post.pk).view_count


class TestAView:
    @pytest.mark.covers("M5", "H21")
    def test_is_counted_once_for_each_visitor(self, post: Post, buffer: views.Buffer) -> None:
        for n in range(200):
            assert views.see(get(f"203.0.113.{n}"), post)
        buffer.flush()
        drain()
        drain()
        assert count(post) == 200

    @pytest.mark.covers("H25")
    def test_is_one_for_ten_reloads(self, post: Post, buffer: views.Buffer) -> None:
        for _ in range(10):
            views.see(get(), post)
            buffer.flush()
        drain()
        assert count(post) == 1

    @pytest.mark.covers("H25")
    @pytest.mark.parametrize(
        "headers",
        [{"User-Agent": "Googlebot/2.1"}, {"User-Agent": ""}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}],
        ids=["bot", "nameless", "prerender", "prefetch"],
    )
    def test_is_none_for_what_nobody_reads(self, post: Post, buffer: views.Buffer, headers: dict[str, str]) -> None:
        assert not views.see(get(**headers), post)

    @pytest.mark.covers("H25")
    def test_is_none_for_the_author_and_for_head(self, post: Post, author: User, buffer: views.Buffer) -> None:
        assert not views.see(get(user=author), post)
        assert not views.see(get(method="HEAD"), post)

    @pytest.mark.covers("H22")
    def test_of_a_deleted_post_brings_nothing_back(self, post: Post, buffer: views.Buffer) -> None:
        views.see(get(), post)
        Post.objects.filter(pk=post.pk).delete()
        buffer.flush()
        drain()
        assert not Post.objects.exists()
        assert not View.objects.exists()

    @pytest.mark.covers("H23")
    def test_keeps_no_address_and_forgets_its_salt(self, post: Post, buffer: views.Buffer) -> None:
        views.see(get("198.51.100.77"), post)
        buffer.flush()
        with connection.cursor() as cursor:
            cursor.execute("SELECT stats_view::text FROM stats_view")
            [(row,)] = cursor.fetchall()
        assert "198.51" not in row
        assert "Firefox" not in row
        retention.forget(timezone.now() + timedelta(days=1))
        assert not Salt.objects.exists()

    @pytest.mark.covers("H33", "H24")
    def test_is_told_with_post_and_user_and_writes_nothing_in_the_request(
        self, post: Post, buffer: views.Buffer, django_assert_num_queries: Any
    ) -> None:
        heard: list[dict[str, Any]] = []

        def listen(**kwargs: Any) -> None:
            heard.append(kwargs)

        views.see(get("203.0.113.1"), post)
        post_viewed.connect(listen)
        try:
            with django_assert_num_queries(0):
                views.see(get("203.0.113.2"), post)
        finally:
            post_viewed.disconnect(listen)
        assert [(each["sender"], each["post"], each["user"]) for each in heard] == [(Post, post, None)]

    @pytest.mark.covers("H21", "H24")
    def test_touches_no_text_no_status_and_no_time(self, post: Post, buffer: views.Buffer) -> None:
        before = Post.objects.filter(pk=post.pk).values("title", "status", "updated_at", "revision").get()
        views.see(get(), post)
        buffer.flush()
        drain()
        assert Post.objects.filter(pk=post.pk).values("title", "status", "updated_at", "revision").get() == before

    def test_is_kept_while_the_database_is_away(self, post: Post, buffer: views.Buffer, monkeypatch: Any) -> None:
        from django.db import OperationalError

        def refuse(batch: object) -> int:
            raise OperationalError("away")

        views.see(get(), post)
        with monkeypatch.context() as away:
            away.setattr(views, "write", refuse)
            with pytest.raises(OperationalError):
                buffer.flush()
        buffer.flush()
        drain()
        assert count(post) == 1


class TestFolding:
    @pytest.mark.covers("M5")
    def test_done_five_times_counts_once(self, post: Post, buffer: views.Buffer) -> None:
        for n in range(7):
            views.see(get(f"203.0.113.{n}"), post)
        buffer.flush()
        for _ in range(5):
            views.fold([post.pk])
        assert count(post) == 7


class TestActivity:
    @pytest.mark.covers("E9")
    def test_is_one_row_for_a_view_and_one_for_a_like(self, post: Post, buffer: views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        for _ in range(3):
            views.see(get(user=reader), post)
        buffer.flush()
        post.like(reader)
        post.unlike(reader)
        post.like(reader)
        drain()
        assert [row["verb"] for row in export(reader.pk)] == ["post_view", "post_like"]

    @pytest.mark.covers("E9")
    def test_is_erased_on_request_and_with_the_account(self, post: Post, buffer: views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        views.see(get(user=reader), post)
        buffer.flush()
        assert erase(reader.pk) == 1
        views.see(get(user=reader), post)
        buffer.flush()
        reader.delete()
        assert not Activity.objects.exists()

    @pytest.mark.covers("E9")
    def test_is_forgotten_after_its_time(self, post: Post, buffer: views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        views.see(get(user=reader), post)
        buffer.flush()
        assert retention.forget(timezone.now() + timedelta(days=366)) == 2
        assert not Effect.objects.filter(state="dead").exists()
