"""manage.py reindex: P13."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from app.blog.models import Post
from app.search.index import update_search_index_batch
from app.search.models import Document
from app.search.query import search
from tests.factories import Publish

pytestmark = [pytest.mark.django_db, pytest.mark.covers("P13")]


def reindex(*arguments: str) -> str:
    out = StringIO()
    call_command("reindex", *arguments, stdout=out)
    return out.getvalue().strip()


def indexed() -> dict[int, int]:
    return dict(Document.objects.values_list("post_id", "revision"))


def public() -> dict[int, int]:
    return dict(Post.objects.public().values_list("pk", "revision"))


@pytest.fixture
def posts(publish: Publish) -> list[Post]:
    posts = [publish(f"Post {number}", f"Word{number}") for number in range(7)]
    update_search_index_batch([post.pk for post in posts])
    return posts


class TestReindex:
    def test_fills_an_empty_index(self, posts: list[Post]) -> None:
        Document.objects.all().delete()

        assert reindex("--batch=2") == "Repaired: 7 missing, 0 stale, 0 left, 0 different"
        assert indexed() == public()
        assert search("word3").total == 1

    def test_repairs_each_kind_of_difference(self, posts: list[Post]) -> None:
        Document.objects.filter(post=posts[0]).delete()
        Document.objects.filter(post=posts[1]).update(revision=0)
        QuerySet(Post).filter(pk=posts[2].pk).update(status="withdrawn")
        Document.objects.filter(post=posts[3]).update(vector="")
        Document.objects.create(post_id=10**6, revision=1, published_at=posts[0].published_at, vector="")

        with pytest.raises(CommandError, match="1 missing, 1 stale, 2 left, 1 different") as stopped:
            reindex("--check")
        assert stopped.value.returncode == 1
        assert reindex() == "Repaired: 1 missing, 1 stale, 2 left, 1 different"
        assert indexed() == public()
        assert reindex("--check") == "The index matches the posts."

    def test_goes_on_behind_a_post(self, posts: list[Post]) -> None:
        Document.objects.all().delete()
        reindex(f"--after={posts[3].pk}")

        assert set(indexed()) == {post.pk for post in posts[4:]}

    def test_writes_everything_again_when_asked(self, posts: list[Post]) -> None:
        Document.objects.update(body="Other words")
        reindex("--all")

        assert not Document.objects.filter(body="Other words").exists()

    @pytest.mark.covers("E2")
    def test_writes_single_posts_again_and_no_others(self, posts: list[Post]) -> None:
        Document.objects.update(body="Other words")
        posts[1].withdraw()

        assert reindex(str(posts[0].pk), str(posts[1].pk)) == "Wrote 1; 1 not public, and so not in the index."
        assert Document.objects.filter(body="Other words").count() == len(posts) - 2
        assert not Document.objects.filter(post__in=posts[:2], body="Other words").exists()

    def test_refuses_to_check_single_posts(self, posts: list[Post]) -> None:
        with pytest.raises(CommandError, match="takes no posts"):
            reindex("--check", str(posts[0].pk))

    def test_refuses_an_empty_batch(self) -> None:
        with pytest.raises(CommandError, match="at least 1"):
            reindex("--batch=0")
