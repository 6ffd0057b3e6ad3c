"""Trending: the same rows and the same moment give the same ranking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.models import Role, User
from app.blog.models import Comment, Like, Post
from app.stats import page_views
from app.stats.models import Trending, View
from app.stats.trending import trending, update_trending_posts
from owed.testing import drain
from tests.stats.requests import get

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def posts(db: None) -> list[Post]:
    author = User.objects.create_user("ada", role=Role.AUTHOR)
    return [Post.objects.create(title=f"Post {n}", content="...", author=author, status="published") for n in range(4)]


def view(post: Post, times: int, age: timedelta) -> None:
    at = NOW - age
    View.objects.bulk_create(View(post=post, visitor=n.to_bytes(16, "big"), day=at.date(), seen_at=at) for n in range(times))


@pytest.mark.covers("E10")
class TestRank:
    def test_follows_the_formula(self, posts: list[Post]) -> None:
        view(posts[0], 8, timedelta(days=1))
        view(posts[1], 3, timedelta())
        rob = User.objects.create_user("rob")
        Like.objects.create(post=posts[1], user=rob, created_at=NOW - timedelta(days=2))
        Comment.objects.filter(pk=posts[2].comment(author=rob, content="Yes.").pk).update(created_at=NOW)
        update_trending_posts(NOW)
        scores = dict(Trending.objects.values_list("post_id", "score"))
        assert scores == pytest.approx({posts[0].pk: 8 * 0.5, posts[1].pk: 3 + 4 * 0.25, posts[2].pk: 6.0})
        assert [post.title for post in trending()] == ["Post 2", "Post 1", "Post 0"]

    def test_is_the_same_when_done_twice(self, posts: list[Post]) -> None:
        view(posts[0], 5, timedelta(hours=3))
        update_trending_posts(NOW)
        first = list(Trending.objects.values_list("post_id", "score"))
        update_trending_posts(NOW)
        assert list(Trending.objects.values_list("post_id", "score")) == first

    def test_leaves_out_what_is_withdrawn_and_what_has_faded(self, posts: list[Post]) -> None:
        view(posts[0], 5, timedelta(hours=3))
        view(posts[1], 500, timedelta(days=8))
        update_trending_posts(NOW)
        posts[0].withdraw()
        assert trending() == []
        update_trending_posts(NOW)
        assert not Trending.objects.exists()

    def test_is_computed_seldom_however_many_read(
        self, posts: list[Post], buffer: page_views.Buffer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        computed: list[int] = []
        drain()
        monkeypatch.setattr("tasks.stats.update_trending_posts", lambda: (computed.append(1), update_trending_posts()))
        for number in range(1000):
            page_views.see(get(f"203.0.{number // 250}.{number % 250}"), posts[number % 4])
            if number % 50 == 49:
                buffer.flush()
        drain()
        assert Post.objects.filter(view_count=250).count() == 4
        assert len(computed) == 1
        assert set(trending()) == set(posts)
