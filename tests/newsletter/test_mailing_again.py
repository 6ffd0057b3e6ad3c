"""A post that a person mails once more: one round for one decision, each reader once in it, everybody accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.conservation import sends
from app.blog.errors import NotPublished, PostGone, Refused
from app.blog.models import Post
from app.newsletter.announcing import announce_again, expand, send_publication_notifications
from app.newsletter.errors import NeverMailed, NotTheNext, StillMailing
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.models.states import STATES
from owed.testing import drain, owes
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("A4", "E6")]
Readers = Callable[..., list[Subscriber]]


def again(post: Post, number: int = 2) -> Send:
    return announce_again(post.pk, number, by=post.author_id, now=timezone.now())


@pytest.fixture
def mailed(post: Post, readers: Readers, smtp_sink: Sink) -> Post:
    """A post that three readers got by mail."""
    readers(3)
    drain()
    smtp_sink.captured.clear()
    return post


class TestAMailingAskedFor:
    def test_reaches_who_reads_by_now_once_each(self, mailed: Post, readers: Readers, smtp_sink: Sink) -> None:
        Subscriber.objects.get(email="r0@example.org").unsubscribe()
        readers(2)
        readers(1, state="pending", confirmed_at=None)
        send = again(mailed)
        drain()
        drain()
        assert sorted(each.recipient for each in smtp_sink.captured) == [f"r{n}@example.org" for n in (1, 2, 3, 4)]
        send.refresh_from_db()
        assert (send.round, send.state, send.asked_by) == (2, "finished", mailed.author)
        assert Send.objects.get(round=1).asked_by is None

    def test_balances_by_itself_beside_the_first(self, mailed: Post, readers: Readers) -> None:
        readers(1)
        again(mailed)
        drain()
        first, second = mailed.sends.order_by("round")
        assert first.balance() == {"candidates": 3, **dict.fromkeys(STATES, 0), "sent": 3}
        assert second.balance() == {"candidates": 4, **dict.fromkeys(STATES, 0), "sent": 4}
        assert [(each.owed, each.accounted, each.wrong) for each in sends()] == [(3, 3, ()), (4, 4, ())]

    def test_has_message_ids_of_its_own(self, mailed: Post, smtp_sink: Sink) -> None:
        first = set(Delivery.objects.values_list("message_id", flat=True))
        send = again(mailed)
        drain()
        second = {str(each.message["Message-ID"]) for each in smtp_sink.captured}
        assert second == set(send.deliveries.values_list("message_id", flat=True))
        assert (len(first), len(second), len(first & second)) == (3, 3, 0)

    def test_twice_is_one(self, mailed: Post, smtp_sink: Sink) -> None:
        again(mailed)
        for over in (False, True):
            if over:
                drain()
            with pytest.raises(NotTheNext):
                again(mailed)
        drain()
        assert (len(smtp_sink.captured), Send.objects.count()) == (3, 2)

    def test_for_the_third_time_is_another_decision(self, mailed: Post, smtp_sink: Sink) -> None:
        for number in (2, 3):
            again(mailed, number)
            drain()
        assert len(smtp_sink.captured) == 6
        assert list(Send.objects.order_by("round").values_list("round", "state")) == [(n, "finished") for n in (1, 2, 3)]

    @pytest.mark.parametrize("number", [0, 1, 3, 2**40])
    def test_is_the_next_one_only(self, mailed: Post, number: int) -> None:
        with pytest.raises(NotTheNext):
            again(mailed, number)
        assert Send.objects.count() == 1

    def test_waits_until_the_last_one_is_over(self, post: Post, readers: Readers) -> None:
        readers(1)
        send = send_publication_notifications(post.pk, now=timezone.now())
        assert send
        for _ in range(2):
            with pytest.raises(StillMailing):
                again(post)
            expand(send.pk, after=0)
        send.cancel()
        assert again(post).round == 2

    def test_may_come_long_after_publication(self, mailed: Post, smtp_sink: Sink) -> None:
        Post.objects.update(published_at=timezone.now() - timedelta(days=400))
        again(mailed)
        drain()
        assert len(smtp_sink.captured) == 3

    def test_stops_before_readers_who_leave_and_with_the_post(self, mailed: Post, smtp_sink: Sink) -> None:
        send = again(mailed)
        expand(send.pk, after=0)
        Subscriber.objects.get(email="r1@example.org").unsubscribe()
        mailed.withdraw()
        drain()
        assert smtp_sink.captured == []
        balance = send.balance()
        assert (balance["skipped"], balance["withheld"], send.balances) == (1, 2, True)

    def test_is_refused_for_what_nobody_may_read(self, mailed: Post, author: User) -> None:
        fresh = Post(title="Draft", content="x", author=author)
        fresh.save()
        old = Post(title="Old", content="x", author=author)
        old.save()
        old.publish(at=timezone.now() - timedelta(days=9))
        drain()
        mailed.withdraw()
        refusals: dict[int, type[Refused]] = {
            fresh.pk: NotPublished,
            old.pk: NeverMailed,
            mailed.pk: NotPublished,
            999_999: PostGone,
        }
        for pk, refusal in refusals.items():
            with pytest.raises(refusal):
                announce_again(pk, 2, by=author.pk, now=timezone.now())
        assert Send.objects.count() == 1
        assert not owes("email.page").exists()


class TestAnOrdinaryRepublication:
    def test_mails_nobody_after_a_second_mailing_either(self, mailed: Post, smtp_sink: Sink) -> None:
        again(mailed)
        drain()
        mailed.withdraw()
        mailed.publish(at=timezone.now())
        drain()
        assert (len(smtp_sink.captured), Send.objects.count()) == (3, 2)


@pytest.mark.covers("M16")
class TestTheTable:
    def test_holds_a_round_once(self, mailed: Post) -> None:
        with pytest.raises(IntegrityError, match="send_once_a_round"), transaction.atomic():
            Send.objects.create(post=mailed)

    def test_holds_a_reader_once_in_a_round(self, mailed: Post) -> None:
        first = Delivery.objects.order_by("pk").first()
        assert first
        with pytest.raises(IntegrityError, match="delivery_once"), transaction.atomic():
            Delivery.objects.create(send=first.send, post=mailed, subscriber=first.subscriber)
