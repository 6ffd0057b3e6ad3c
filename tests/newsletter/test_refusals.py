"""Many refusals pause a mailing, once, and its author and the owners of the site are notified."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.audit.conservation import sends
from app.blog.models import Post
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.steering import pause, resume
from app.notices.models import Notice
from owed.models import Effect
from owed.testing import drain
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def mailing(post: Post, readers: Readers, smtp_sink: Sink, settings: Settings) -> Sink:
    """A mailing to 60 readers that nothing was sent of; ten of its last emails are looked at."""
    settings.MAIL_REFUSALS_AMONG, settings.MAIL_REFUSALS_PERCENT = 10, 20
    readers(60)
    return smtp_sink


def refusing(number: int, reply: str = "550 5.7.1 not from you") -> Callable[[str], str | None]:
    """Return what refuses the first readers."""
    return lambda recipient: reply if recipient in {f"r{n}@example.org" for n in range(number)} else None


def states() -> dict[str, int]:
    return {state: Delivery.objects.filter(state=state).count() for state in ("sent", "failed", "pending")}


class TestAMailing:
    def test_is_paused_where_more_than_the_share_is_refused(self, mailing: Sink) -> None:
        mailing.refuse = refusing(60)
        drain()
        send = Send.objects.get()
        assert send.is_paused
        assert send.paused_for == {"refused": 10, "settled": 10}
        assert states()["failed"] < 20
        assert states()["pending"] > 40
        assert [each.wrong for each in sends()] == [()]

    def test_goes_on_at_the_share(self, mailing: Sink) -> None:
        mailing.refuse = refusing(2)
        drain()
        assert states() == {"sent": 58, "failed": 2, "pending": 0}
        assert Send.objects.get().state == "finished"
        assert not Notice.objects.filter(kind="refusals").exists()

    def test_goes_on_before_there_are_enough_to_judge(self, mailing: Sink, settings: Settings) -> None:
        settings.MAIL_REFUSALS_AMONG = 61
        mailing.refuse = refusing(60)
        drain()
        assert states() == {"sent": 0, "failed": 60, "pending": 0}

    def test_is_not_paused_for_what_is_refused_for_now(self, mailing: Sink) -> None:
        mailing.refuse = refusing(60, "451 4.7.1 later")
        drain()
        assert not Send.objects.get().is_paused

    def test_is_not_paused_for_addresses_that_no_server_saw(self, mailing: Sink) -> None:
        for reader in Subscriber.objects.all():
            Subscriber.objects.filter(pk=reader.pk).update(email=f"no-at-sign-{reader.pk}")
        drain()
        assert states() == {"sent": 0, "failed": 60, "pending": 0}

    def test_that_is_resumed_goes_on_past_the_same_count(self, mailing: Sink, settings: Settings) -> None:
        settings.MAIL_WINDOW = 1
        mailing.refuse = refusing(60)
        drain()
        resume(Send.objects.get())
        # One more refusal has the last emails counted again: those before it are refused, those since are not.
        more = iter(["550 5.7.1 not from you"])
        mailing.refuse = lambda recipient: next(more, None) if recipient.startswith("r") else None
        drain()
        send = Send.objects.get()
        assert (send.state, send.paused_for) == ("finished", {})
        assert states() == {"sent": 49, "failed": 11, "pending": 0}
        readers = [each.recipient for each in mailing.captured if each.recipient.startswith("r")]
        assert len(set(readers)) == len(readers) == 49

    def test_is_paused_again_by_as_many_new_refusals(self, mailing: Sink) -> None:
        mailing.refuse = refusing(60)
        drain()
        before = states()["failed"]
        resume(Send.objects.get())
        assert states()["failed"] == before
        drain()
        assert Send.objects.get().is_paused
        assert states()["failed"] >= before + 10

    def test_that_a_person_paused_says_so_and_not_this(self, mailing: Sink, author: User) -> None:
        mailing.refuse = refusing(60)
        drain()
        resume(Send.objects.get())
        pause(Send.objects.get(), by=author.pk)
        assert Send.objects.get().paused_for == {}


class TestThePeople:
    def test_are_the_author_and_the_superusers_once_for_a_pause(self, mailing: Sink, author: User) -> None:
        owner = User.objects.create_superuser("owner", "owner@example.org", "a long password of hers")
        mailing.refuse = refusing(60)
        drain()
        notices = Notice.objects.filter(kind="refusals")
        assert sorted(notices.values_list("recipient", flat=True)) == sorted([author.pk, owner.pk])
        assert set(notices.values_list("state", flat=True)) == {"sent"}
        assert Effect.objects.filter(task="email.stopped").count() == 1
        resume(Send.objects.get())
        drain()
        assert notices.count() == 4

    def test_read_why_on_its_page(self, mailing: Sink, author: User, client: Client) -> None:
        mailing.refuse = refusing(60)
        drain()
        client.force_login(author)
        page = client.get(f"/studio/sends/{Send.objects.get().pk}/")
        assert "mail servers refused 10 of its last 10 emails" in page.content.decode()
