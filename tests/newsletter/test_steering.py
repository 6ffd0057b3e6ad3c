"""A mailing that a person pauses, resumes or cancels: nothing leaves meanwhile, and every reader is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import User
from app.audit.conservation import sends
from app.blog.errors import NotPublished, PostGone, Refused
from app.blog.models import Post
from app.newsletter import effects, steering
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.errors import NothingFailed, NothingToResend, NotPaused, NotRunning, StillListing
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.steering import Progress, cancel, pause, resume
from app.newsletter.windows import settle_and_take
from owed.models import Effect
from owed.testing import drain
from tests.concurrency import at_once
from tests.proof.ledger import run_one
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6"), pytest.mark.usefixtures("twenty_in_an_effect")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def running(post: Post, readers: Readers, smtp_sink: Sink) -> Send:
    """A mailing to 45 readers of whom 20 got it."""
    readers(45)
    for _ in range(3):
        run_one(next_email())
    return Send.objects.get()


def next_email() -> int:
    mailing = [each.name for each in (effects.announce, effects.page, effects.deliver)]
    return Effect.objects.pending().filter(task__in=mailing).order_by("pk")[0].pk


def state(send: Send) -> str:
    return str(Send.objects.values_list("state", flat=True).get(pk=send.pk))


def mailed(smtp_sink: Sink) -> list[str]:
    return sorted(each.recipient for each in smtp_sink.captured)


def everyone(number: int) -> list[str]:
    return sorted(f"r{n}@example.org" for n in range(number))


class TestAPause:
    def test_lets_nothing_leave_and_says_how_many_are_stopped(self, running: Send, smtp_sink: Sink, author: User) -> None:
        assert pause(running, by=author.pk) == Progress(sent=20, waiting=25, leaving=0, in_doubt=0)
        drain()
        assert len(smtp_sink.captured) == 20
        assert state(running) == "sending"
        assert not Effect.objects.pending().filter(task="email.deliver").exists()
        assert [each.wrong for each in sends()] == [()]

    def test_ends_with_each_reader_mailed_once(self, running: Send, smtp_sink: Sink, author: User) -> None:
        pause(running, by=author.pk)
        drain()
        resume(running)
        drain()
        assert mailed(smtp_sink) == everyone(45)
        assert (state(running), [each.wrong for each in sends()]) == ("finished", [()])

    def test_before_the_list_is_built_lets_it_be_built(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(510)
        send = send_publication_notifications(post)
        assert send is not None
        pause(send, by=post.author_id)
        drain()
        assert (send.balance()["pending"], smtp_sink.captured, state(send)) == (510, [], "sending")
        resume(send)
        drain()
        assert mailed(smtp_sink) == everyone(510)

    def test_stops_a_mail_that_was_about_to_leave(self, running: Send, smtp_sink: Sink, author: User) -> None:
        delivery = Delivery.objects.filter(state="pending")[0]
        pause(running, by=author.pk)
        assert settle_and_take([], [delivery.pk], journal="") == []
        assert Delivery.objects.get(pk=delivery.pk).state == "pending"

    def test_outlasts_a_withdrawal_and_the_next_publication(self, running: Send, smtp_sink: Sink, author: User) -> None:
        pause(running, by=author.pk)
        post = Post.objects.get()
        post.withdraw()
        drain()
        with pytest.raises(NotPublished):
            resume(running)
        post.publish()
        drain()
        assert len(smtp_sink.captured) == 20
        resume(running)
        drain()
        assert mailed(smtp_sink) == everyone(45)

    def test_is_refused_where_there_is_nothing_to_pause(self, running: Send, author: User) -> None:
        with pytest.raises(NotPaused):
            resume(running)
        pause(running, by=author.pk)
        with pytest.raises(NotRunning):
            pause(running, by=author.pk)
        resume(running)
        drain()
        with pytest.raises(NotRunning):
            pause(running, by=author.pk)
        Post.objects.get().delete()
        with pytest.raises(PostGone):
            resume(running)


class TestCancelling:
    def test_names_everyone_who_does_not_get_it(self, running: Send, smtp_sink: Sink, author: User) -> None:
        pause(running, by=author.pk)
        assert cancel(running) == 25
        drain()
        balance = running.balance()
        assert (balance["sent"], balance["skipped"], state(running), running.balances) == (20, 25, "cancelled", True)
        assert len(smtp_sink.captured) == 20
        for verb in (lambda: pause(running, by=None), lambda: cancel(running), lambda: resume(running)):
            with pytest.raises(Refused):
                verb()

    def test_waits_until_the_list_is_built(self, post: Post, readers: Readers) -> None:
        readers(3)
        send = send_publication_notifications(post)
        assert send is not None
        with pytest.raises(StillListing):
            cancel(send)
        expand(send.pk, after=0)
        assert cancel(send) == 3


class TestSendingAgain:
    def test_what_failed_is_one_decision(self, running: Send, smtp_sink: Sink) -> None:
        drain()
        with pytest.raises(NothingFailed):
            steering.retry_failed(running)
        Delivery.objects.filter(subscriber__email__in=["r3@example.org", "r9@example.org"]).update(state="failed")
        assert steering.retry_failed(running) == 2
        drain()
        assert mailed(smtp_sink) == sorted([*everyone(45), "r3@example.org", "r9@example.org"])
        assert (state(running), running.balance()["sent"]) == ("finished", 45)

    def test_one_in_doubt_is_sent_once_more_and_one_that_arrived_is_not(self, running: Send, smtp_sink: Sink) -> None:
        drain()
        doubtful, arrived = Delivery.objects.order_by("pk")[:2]
        Delivery.objects.filter(pk=doubtful.pk).update(state="unknown")
        steering.resend(Delivery.objects.get(pk=doubtful.pk))
        with pytest.raises(NothingToResend):
            steering.resend(arrived)
        drain()
        assert len(smtp_sink.captured) == 46


@pytest.mark.django_db(transaction=True)
@pytest.mark.covers("X14")
class TestAtRandom:
    @pytest.mark.parametrize("seed", [5, 29])
    def test_paused_and_resumed_beside_two_workers_each_reader_is_mailed_once(
        self, post: Post, readers: Readers, smtp_sink: Sink, seed: int
    ) -> None:
        readers(120)
        send = send_publication_notifications(post)
        assert send is not None
        dice = Random(seed)
        for _ in range(6):
            *_, disturbed = at_once(drain, drain, lambda: _disturb(send.pk, dice))
            assert disturbed is None
        if Send.objects.get(pk=send.pk).is_paused:
            resume(send)
        drain()
        assert mailed(smtp_sink) == everyone(120)
        assert [each.wrong for each in sends()] == [()]


def _disturb(send_id: int, dice: Random) -> None:
    for _ in range(dice.randrange(3, 12)):
        send = Send.objects.get(pk=send_id)
        try:
            resume(send) if send.is_paused else pause(send, by=None)
        except (NotRunning, NotPaused):
            continue


class TestTheCommand:
    def say(self, *words: str) -> str:
        out = StringIO()
        call_command("mailings", *words, stdout=out)
        return out.getvalue()

    def test_lists_shows_and_decides(self, running: Send, smtp_sink: Sink) -> None:
        assert "round 1  sending" in self.say("list")
        assert "round 1  paused" in self.say("pause", str(running.pk))
        drain()
        assert "25  pending" in self.say("show", str(running.pk))
        self.say("resume", str(running.pk))
        drain()
        assert "45  sent" in self.say("show", str(running.pk))

    def test_mails_those_who_never_got_it(self, running: Send, smtp_sink: Sink) -> None:
        self.say("pause", str(running.pk))
        self.say("cancel", str(running.pk))
        self.say("never", str(running.pk))
        drain()
        again = Send.objects.get(post=running.post, round=2)
        assert (again.state, again.candidates, len(smtp_sink.captured)) == ("finished", 25, 45)

    def test_says_why_not(self, running: Send) -> None:
        with pytest.raises(CommandError, match="not paused"):
            self.say("resume", str(running.pk))
        with pytest.raises(CommandError, match="no mailing 987654"):
            self.say("pause", "987654")
