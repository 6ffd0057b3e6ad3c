"""A mailing during which its post is withdrawn: each reader gets the post once, or is named as not mailed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from app.audit.conservation import sends
from app.blog.errors import NotPublished
from app.blog.models import Post
from app.newsletter import effects
from app.newsletter.announcing import announce_again, mail_the_rest
from app.newsletter.errors import NothingWithheld
from app.newsletter.models import Delivery, Send, Subscriber
from app.social.connecting import connect
from app.social.models import DummyPost, SocialPost
from owed.models import Effect
from owed.testing import Crashed, crash_at, drain, expire_leases, owes
from tests.concurrency import at_once
from tests.proof.ledger import run_one
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6"), pytest.mark.usefixtures("twenty_in_an_effect")]
Readers = Callable[..., list[Subscriber]]
CRASHES = ("after-claim", "after-body", "before-finish-commit", "after-finish-commit", "before-commit", "after-insert")


@pytest.fixture
def interrupted(post: Post, readers: Readers, smtp_sink: Sink) -> Send:
    """A send to 45 readers: 20 got it, then the post was withdrawn, and the others' turn came."""
    readers(45)
    begin(3)
    post.withdraw()
    drain()
    return Send.objects.get()


def begin(number: int) -> None:
    """Run the first so many effects of a mailing: it is opened, its list written, then 20 mails in each."""
    for _ in range(number):
        run_one(email_effects()[0].pk)


def email_effects() -> list[Effect]:
    mailing = [each.name for each in (effects.announce, effects.page, effects.deliver)]
    return list(Effect.objects.pending().filter(task__in=mailing).order_by("pk"))


def mailed(smtp_sink: Sink) -> list[str]:
    return sorted(each.recipient for each in smtp_sink.captured)


def everybody(number: int) -> list[str]:
    return sorted(f"r{n}@example.org" for n in range(number))


class TestAWithdrawal:
    def test_withholds_the_rest_and_the_account_names_them(self, interrupted: Send, smtp_sink: Sink) -> None:
        assert len(smtp_sink.captured) == 20
        balance = interrupted.balance()
        assert (balance["sent"], balance["withheld"], balance["skipped"]) == (20, 25, 0)
        [account] = sends()
        assert (account.balances, account.wrong) == (True, ())

    def test_and_a_publication_mail_the_rest_once(self, interrupted: Send, smtp_sink: Sink) -> None:
        interrupted.post.publish()
        drain()
        drain()
        assert mailed(smtp_sink) == everybody(45)
        interrupted.refresh_from_db()
        assert (interrupted.state, interrupted.balance()["sent"], Send.objects.count()) == ("finished", 45, 1)

    def test_and_a_publication_leave_out_who_went_meanwhile(self, interrupted: Send, smtp_sink: Sink) -> None:
        Subscriber.objects.get(email="r44@example.org").unsubscribe()
        interrupted.post.publish()
        drain()
        assert mailed(smtp_sink) == sorted(set(everybody(45)) - {"r44@example.org"})
        assert interrupted.balance()["skipped"] == 1

    def test_of_old_news_leaves_the_rest_to_a_persons_decision(self, interrupted: Send, smtp_sink: Sink) -> None:
        Post.objects.update(published_at=timezone.now() - timedelta(days=3))
        Post.objects.get().publish()
        drain()
        assert len(smtp_sink.captured) == 20
        assert mail_the_rest(interrupted.pk) == 25
        drain()
        assert mailed(smtp_sink) == everybody(45)

    def test_before_the_list_was_written_withholds_all(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        begin(1)
        post.withdraw()
        drain()
        assert Send.objects.get().balance()["withheld"] == 3
        post.publish()
        drain()
        assert mailed(smtp_sink) == everybody(3)

    def test_does_not_bring_the_old_round_after_a_new_one(self, interrupted: Send, smtp_sink: Sink) -> None:
        post = interrupted.post
        Post.objects.update(published_at=timezone.now() - timedelta(days=3))
        post.publish()
        drain()
        announce_again(post.pk, 2, by=post.author_id, now=timezone.now())
        Post.objects.update(published_at=timezone.now())
        post.withdraw()
        post.publish()
        drain()
        assert len(smtp_sink.captured) == 20 + 45
        assert interrupted.balance()["skipped"] == 25


class TestTheRest:
    def test_is_refused_while_the_post_is_not_public(self, interrupted: Send) -> None:
        with pytest.raises(NotPublished):
            mail_the_rest(interrupted.pk)

    def test_is_refused_where_nobody_is_missing(self, interrupted: Send) -> None:
        interrupted.post.publish()
        drain()
        with pytest.raises(NothingWithheld):
            mail_the_rest(interrupted.pk)

    def test_of_a_cancelled_mailing_stays_unsent(self, interrupted: Send, smtp_sink: Sink) -> None:
        Send.objects.update(state="cancelled")
        interrupted.post.publish()
        drain()
        assert len(smtp_sink.captured) == 20


@pytest.mark.django_db(transaction=True)
class TestAtRandom:
    @pytest.mark.covers("E8", "D17")
    @pytest.mark.parametrize("seed", [7, pytest.param(20261127, marks=pytest.mark.slow)])
    def test_twenty_withdrawals_and_publications_with_kills_mail_each_once_and_share_what_is_public(
        self, post: Post, readers: Readers, smtp_sink: Sink, seed: int
    ) -> None:
        """A worker may die at any named point but in the middle of a mail, which the chaos run does."""
        random = Random(seed)
        connect(network="dummy", name="the dummy")
        readers(130)
        for _ in range(20):
            due = list(Effect.objects.pending().filter(queue__in=["email", "social"]).order_by("pk"))
            for effect in random.sample(due, k=random.randint(0, len(due))):
                with crash_at(random.choice([*CRASHES, "none"])), suppress(Crashed):
                    run_one(effect.pk)
            expire_leases()
            post = Post.objects.get()
            post.withdraw() if post.is_public else post.publish()
            assert len(set(mailed(smtp_sink))) == len(smtp_sink.captured)
        assert Post.objects.get().is_public
        drain()
        assert mailed(smtp_sink) == everybody(130)
        assert Send.objects.get().balance()["sent"] == 130
        assert all(account.balances and not account.wrong for account in sends())
        assert (DummyPost.objects.filter(deleted_at=None).count(), SocialPost.objects.get().state) == (1, "sent")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_publication_and_a_worker_that_withholds_forget_nobody(
        self, post: Post, readers: Readers, smtp_sink: Sink
    ) -> None:
        readers(20)
        begin(2)
        [copies] = owes(effects.deliver)
        post.withdraw()
        assert at_once(lambda: run_one(copies.pk).state, lambda: Post.objects.get().publish())[1] is None
        drain()
        assert mailed(smtp_sink) == everybody(20)
        assert not Delivery.objects.exclude(state="sent").exists()
        assert not Effect.objects.of(effects.deliver).pending().exists()
