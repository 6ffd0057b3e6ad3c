"""The feeds follow the posts: news at once, an archive at a pace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Media, Post, Tag
from app.blog.picture_pages import describe_picture
from app.blog.variants import draw_variants
from app.feeds import following
from app.feeds.building import build, refresh
from app.feeds.models import Document
from app.feeds.subjects import of_site
from owed.models import Effect, EffectQuerySet
from owed.testing import drain, owes
from tests.factories import Publish, image
from tests.proof.threads import Elsewhere, uncommitted

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=900)
PACE = following.PACE


@pytest.fixture
def archive(author: User) -> list[Post]:
    """Thirty posts of long ago, each with a tag of its own. What their publication owed is done with."""
    posts = []
    for number in range(30):
        post = Post.objects.create(title=f"Old {number}", content="-", author=author)
        post.tags.set([Tag.objects.create(name=f"tag {number:02}", slug=f"tag-{number:02}")])
        post.publish(at=timezone.now() - LONG_AGO)
        posts.append(post)
    Effect.objects.all().delete()
    return posts


def follow(posts: Iterable[Post]) -> EffectQuerySet:
    following.follow([post.pk for post in posts])
    return owes("feeds.refresh").order_by("due_at", "pk")


def scopes(effects: Iterable[Effect]) -> list[str]:
    return [effect.args["scope"] for effect in effects]


def delays(effects: Iterable[Effect]) -> list[float]:
    """Return the seconds from owing to due."""
    return [(effect.due_at - effect.created_at).total_seconds() for effect in effects]


def in_one_go(posts: Iterable[Post]) -> None:
    with transaction.atomic():
        following.follow([post.pk for post in posts])


def in_feeds(title: str) -> int:
    """Return how many stored feeds name the title."""
    return sum(title in bytes(document.body).decode() for document in Document.objects.filter(format="rss"))


def tags(posts: Iterable[Post]) -> list[str]:
    return [f"tag:{tag.pk}" for post in posts for tag in post.tags.all()]


class TestArchive:
    @pytest.mark.covers("P10", "M15")
    def test_is_followed_at_a_pace_and_by_the_sites_feed_at_once(self, archive: list[Post]) -> None:
        effects = list(follow(archive))
        assert scopes(effects)[0] == "site"
        assert len(effects) == 32
        assert delays(effects) == pytest.approx([1.0, *(1 + place / PACE for place in range(1, 32))], abs=0.01)

    def test_owes_no_feed_twice_while_a_refresh_has_not_begun(self, archive: list[Post]) -> None:
        follow(archive[:20])
        effects = follow(archive)
        assert sorted(scopes(effects)) == sorted({"site", f"author:{archive[0].author_id}", *tags(archive)})

    def test_queues_behind_what_waits(self, archive: list[Post]) -> None:
        first = list(follow(archive[:20]))
        later = list(follow(archive).exclude(pk__in=[effect.pk for effect in first]))
        assert min(effect.due_at for effect in later) > max(effect.due_at for effect in first)

    @pytest.mark.covers("M15")
    @pytest.mark.parametrize("state", ["running", "waiting"])
    def test_owes_a_feed_again_once_its_refresh_has_begun(self, archive: list[Post], state: str) -> None:
        """It may have read the posts before these were there, or wait long for its next try."""
        follow(archive)
        owes("feeds.refresh").update(state=state, attempt=1)
        assert len(follow(archive)) == 64

    @pytest.mark.covers("E7")
    def test_is_in_the_feeds_in_the_end(self, archive: list[Post]) -> None:
        follow(archive)
        drain()
        body = bytes(Document.objects.get(scope="site", format="rss").body).decode()
        assert all(f"<title>{post.title}</title>" in body for post in archive)
        assert Document.objects.filter(scope__in=tags(archive), format="atom").count() == 30


class TestTwoAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_queue_one_behind_the_other(self, archive: list[Post]) -> None:
        with uncommitted(lambda: following.follow([post.pk for post in archive[:20]])):
            other = Elsewhere(lambda: in_one_go(archive[20:]))
            other.await_blocked()
        other.result()
        effects = list(owes("feeds.refresh").order_by("pk"))
        assert len(effects) == len(set(scopes(effects))) == 32
        assert delays(effects) == pytest.approx([1.0, *(1 + place / PACE for place in range(1, 32))], abs=0.01)


class TestWithdrawal:
    """Nothing that happens to the post before a worker looks lets it stay in a feed."""

    @pytest.fixture
    def shown(self, publish: Publish) -> Post:
        post = publish("Gone soon", category=Category.objects.create(name="News", slug="news"))
        post.revise(tags=[Tag.objects.create(name="Sea", slug="sea")])
        drain()
        assert in_feeds("Gone soon") == 4
        return post

    @pytest.mark.covers("H10", "M15")
    def test_before_a_deletion(self, shown: Post) -> None:
        shown.withdraw()
        shown.delete()
        drain()
        assert in_feeds("Gone soon") == 0

    @pytest.mark.covers("H10", "M15")
    def test_after_a_revision_and_before_the_draft_moves_elsewhere(self, shown: Post, author: User) -> None:
        shown.revise(content="Other words.")
        shown.withdraw()
        shown.revise(tags=[], category=None, author=User.objects.create(username=f"{author}2", role="author"))
        drain()
        assert in_feeds("Gone soon") == 0


class TestPictures:
    @pytest.fixture
    def picture(self, author: User, settings: Any, tmp_path: Path) -> Media:
        settings.MEDIA_ROOT = tmp_path
        return Media.objects.store(image(size=(1500, 10)), author)

    def test_are_in_the_feeds_as_they_were_drawn_and_described(self, picture: Media, author: User, publish: Publish) -> None:
        publish("In", f"![]({picture.url})")
        refresh({"site", f"author:{author.pk}"}, timezone.now())
        Effect.objects.all().delete()
        assert in_feeds(picture.url) == 2
        draw_variants(picture.pk)
        describe_picture(picture, by=author, alt="A red line", caption="Seen from afar")
        assert set(owes("feeds.follow", about=picture).values_list("about", flat=True)) == {f"media:{picture.pk}"}
        drain()
        picture.refresh_from_db()
        assert picture.plain.url != picture.url
        assert in_feeds(picture.plain.url) == in_feeds("A red line") == in_feeds("Seen from afar") == 2

    def test_of_all_entries_are_asked_for_at_once(self, picture: Media, publish: Publish) -> None:
        def number() -> int:
            with CaptureQueriesContext(connection) as asked:
                build(of_site(), "rss")
            return len(asked)

        publish("1", f"![]({picture.url})")
        one = number()
        for title in "23":
            publish(title, f"![]({picture.url})")
        assert number() == one


class TestNews:
    @pytest.mark.covers("D20")
    def test_does_not_stand_behind_an_archive(self, archive: list[Post], publish: Publish) -> None:
        """Each of its feeds is owed at once and on its own account, also where a refresh waits for the archive's turn."""
        follow(archive)
        news = publish("Today", category=Category.objects.create(name="News", slug="news"))
        effects = follow([news]).filter(about=f"post:{news.pk}")
        assert set(scopes(effects)) == {"site", f"author:{news.author_id}", f"category:{news.category_id}"}
        assert delays(effects) == pytest.approx([1.0] * 3, abs=0.01)

    @pytest.mark.covers("H10")
    def test_nor_does_what_was_withdrawn_however_old(self, archive: list[Post]) -> None:
        follow(archive[1:])
        archive[0].withdraw()
        effects = owes("feeds.refresh", about=archive[0])
        assert delays(effects) == pytest.approx([1.0] * 3, abs=0.01)
        following.follow([archive[0].pk])
        assert effects.count() == 3

    def test_in_one_batch_with_an_archive_is_owed_its_feeds_once(self, archive: list[Post], publish: Publish) -> None:
        news = publish("Today")
        effects = follow([*archive, news])
        assert len(scopes(effects)) == len(set(scopes(effects))) == 32
        assert set(scopes(effects.filter(about=f"post:{news.pk}"))) == {"site", f"author:{news.author_id}"}
