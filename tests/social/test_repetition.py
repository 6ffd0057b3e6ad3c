"""The same change is recognised wherever it is repeated, and another change is never taken for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.social.models import Account, SocialPost
from app.social.networks import NETWORKS
from app.social.networks.bluesky import TID
from app.social.networks.outcomes import InDoubt
from app.social.sharing import deliver, follow, post_to_social_media
from owed import clock
from owed.testing import drain
from tests import factories
from tests.outbound.receiver import Received, Receiver, cuts, says

pytestmark = pytest.mark.django_db(transaction=True)
Listening = Callable[..., Receiver]
Hooked = Callable[..., Account]


def share(post: Post) -> None:
    post_to_social_media(post)
    drain()


def revise(post: Post, **changes: Any) -> None:
    post.revise(**changes)
    follow([post.pk])
    drain()


def ids(received: list[Received]) -> list[str]:
    return [each.headers["webhook-id"] for each in received]


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


class Backup:
    """What the database says of posts and shares, to be put back as by a restore."""

    TEXT = "(title, content, content_html, revision, updated_at)"

    def __init__(self) -> None:
        self.posts = rows(f"SELECT {self.TEXT[1:-1]}, id FROM blog_post")
        rows("DROP TABLE IF EXISTS saved")
        rows("CREATE TEMPORARY TABLE saved AS SELECT * FROM social_socialpost")

    def restore(self) -> None:
        for post in self.posts:
            rows(f"UPDATE blog_post SET {self.TEXT} = (%s, %s, %s, %s, %s) WHERE id = %s", *post)
        rows("DELETE FROM social_socialpost")
        rows("INSERT INTO social_socialpost SELECT * FROM saved")


class TestAWebhookId:
    def test_differs_for_another_text_of_a_revision_that_is_counted_again(
        self, listening: Listening, hooked: Hooked, post: Post
    ) -> None:
        receiver = listening()
        hooked(receiver)
        share(post)
        backup = Backup()
        revise(post, title="Before the restore")
        backup.restore()
        again = Post.objects.get(pk=post.pk)
        revise(again, title="After the restore")
        first, second, third = ids(receiver.received)
        assert len({first, second, third}) == 3

    def test_differs_for_the_same_text_that_was_written_again(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        hooked(receiver)
        share(post)
        backup = Backup()
        revise(post, title="Better")
        revise(post, title="Best")
        backup.restore()
        revise(Post.objects.get(pk=post.pk), title="Better")
        assert len(set(ids(receiver.received))) == 4

    def test_is_the_same_for_a_change_that_a_restored_copy_repeats(
        self, listening: Listening, hooked: Hooked, post: Post
    ) -> None:
        receiver = listening()
        hooked(receiver)
        share(post)
        post.revise(title="Owed at the time of the backup")
        backup = Backup()
        for _ in range(2):
            follow([post.pk])
            drain()
            backup.restore()
        _published, first, second = ids(receiver.received)
        assert first == second

    def test_of_a_first_share_is_the_same_in_a_copy_that_shares_it_by_itself(
        self, listening: Listening, hooked: Hooked, post: Post
    ) -> None:
        receiver = listening()
        hooked(receiver)
        backup = Backup()
        for _ in range(2):
            share(Post.objects.get(pk=post.pk))
            backup.restore()
        first, second = ids(receiver.received)
        assert first == second

    def test_of_a_first_share_differs_for_another_post_with_the_same_number(
        self, listening: Listening, hooked: Hooked, post: Post, ann: User
    ) -> None:
        receiver = listening()
        hooked(receiver)
        share(post)
        number = post.pk
        SocialPost.objects.all().delete()
        Post.objects.all().delete()
        share(factories.write(ann, post.title, post.content, status="published", id=number))
        first, second = ids(receiver.received)
        assert first != second

    def test_of_an_attempt_in_doubt_stays_with_its_text(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening(cuts, says(200), says(200))
        hooked(receiver)
        post_to_social_media(post)
        row = SocialPost.objects.get()
        with pytest.raises(InDoubt):
            deliver(row.pk, now=clock.now())
        post.revise(title="Revised while in doubt")
        SocialPost.objects.update(claimed_at=None)
        deliver(row.pk, now=clock.now())
        by_id = {(each.headers["webhook-id"], each.body) for each in receiver.received}
        assert len(receiver.received) == 3
        assert len(by_id) == len(set(ids(receiver.received))) == 2
        assert b"Revised while in doubt" in receiver.received[-1].body


class TestAKey:
    @pytest.mark.parametrize("network", sorted(NETWORKS))
    def test_is_made_of_what_it_is_for(self, network: str) -> None:
        at = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
        make = NETWORKS[network].new_key
        assert make("one", at) == make("one", at)
        assert len({make(str(number), at) for number in range(2_000)}) == 2_000
        assert len(make("one", at)) <= 60

    def test_on_bluesky_is_a_record_key_in_the_order_of_time(self) -> None:
        at = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
        make = NETWORKS["bluesky"].new_key
        days = [make("same", at + timedelta(days=number)) for number in range(9)]
        assert all(TID.fullmatch(key) for key in days)
        assert days == sorted(days)


class TestTheTimeOfACall:
    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_is_the_databases(self, listening: Listening, hooked: Hooked, post: Post, minutes: int) -> None:
        receiver = listening()
        hooked(receiver)
        post_to_social_media(post)
        now = clock.now()
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
            drain()
        [received] = receiver.received
        assert abs(int(received.headers["webhook-timestamp"]) - now.timestamp()) < 100
