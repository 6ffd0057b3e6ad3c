"""Webhooks about subscribers, comments, mailings and dead effects: who gets which, once, signed and accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from app.accounts.models import Role, User
from app.audit import conservation
from app.blog import spam
from app.blog.errors import Refused
from app.blog.models import Post
from app.newsletter.announcing import send_publication_notifications
from app.newsletter.models import Subscriber
from app.newsletter.signals import subscribers_left
from app.social import effects as social
from app.social.connecting import connect
from app.social.models import Account, SocialPost
from app.social.sharing import post_to_social_media
from app.webhooks import effects
from app.webhooks.calling import call
from app.webhooks.choosing import choices_for, choose
from app.webhooks.models import Call, Happening
from app.webhooks.spreading import spread
from owed import Declaration, owe
from owed.acting import VERBS, Decision
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain
from tests import factories
from tests.outbound.receiver import Receiver, says

pytestmark = pytest.mark.django_db(transaction=True)
Endpoint = Callable[..., Account]
SUBSCRIBERS = ("subscriber.confirmed", "subscriber.unsubscribed")


@pytest.fixture
def endpoint(listening: Callable[..., Receiver], db: None) -> Endpoint:
    """Return a function that connects a webhook of somebody's to a receiver, for these events."""

    def make(owner: User | None, *events: str, receiver: Receiver | None = None) -> Account:
        url = (receiver or listening()).url
        account, _ = connect(network="webhook", name="hook", endpoint=url, owner=owner)
        choose(account, events)
        return account

    return make


@pytest.fixture
def editor(db: None) -> User:
    return factories.person("edith", Role.EDITOR)


def deliver() -> None:
    """Run what is owed, also what waits a second for others."""
    Effect.objects.filter(state="waiting").update(wake_at=timezone.now(), due_at=timezone.now(), state="ready")
    drain()


def read(account: Account, receiver: Receiver) -> list[dict[str, Any]]:
    return [Webhook(account.secret).verify(each.body, each.headers) for each in receiver.received]


def reader(number: int, **facts: Any) -> Subscriber:
    facts = {"state": "confirmed", "confirmed_at": timezone.now(), **facts}
    return Subscriber.objects.create(email=f"reader{number}@secret.example", **facts)


class TestAnEndpoint:
    def test_gets_posts_alone_until_it_chooses(self, endpoint: Endpoint, editor: User) -> None:
        account, _ = connect(network="webhook", name="old", endpoint="http://127.0.0.1:8999/", owner=editor)
        assert account.events == ["post"]
        reader(1).unsubscribe()
        assert (Happening.objects.count(), Effect.objects.count()) == (0, 0)

    def test_that_wants_no_posts_gets_none(self, endpoint: Endpoint, editor: User, post: Post) -> None:
        endpoint(editor, *SUBSCRIBERS)
        post_to_social_media(post)
        assert not SocialPost.objects.exists()

    def test_chooses_among_what_its_owner_may_know(self, endpoint: Endpoint, editor: User, ann: User) -> None:
        names = {name for name, _ in choices_for(endpoint(ann))}
        assert {"comment.held", "comment.published", "mailing.started"} < names
        assert names.isdisjoint({*SUBSCRIBERS, "effect.dead"})
        with pytest.raises(Refused, match=r"may choose: effect\.dead\."):
            choose(endpoint(ann), ["effect.dead"])
        assert {*SUBSCRIBERS, "effect.dead"} < {name for name, _ in choices_for(endpoint(editor))}

    def test_of_an_owner_who_lost_the_right_is_not_called(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening()
        endpoint(editor, *SUBSCRIBERS, receiver=receiver)
        reader(1).unsubscribe()
        spread([each.pk for each in Happening.objects.all()])
        User.objects.filter(pk=editor.pk).update(role=Role.AUTHOR)
        deliver()
        assert (receiver.received, Call.objects.get().state) == ([], "skipped")


class TestAnEvent:
    def test_of_subscribers_is_signed_and_stores_no_address(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening()
        account = endpoint(editor, *SUBSCRIBERS, receiver=receiver)
        one = reader(1, state="pending", confirmed_at=None)
        one.confirm()
        one.unsubscribe()
        one.unsubscribe()
        deliver()
        confirmed, left = read(account, receiver)
        assert confirmed["data"] == {"subscribers": [{"id": one.pk, "email": "reader1@secret.example"}]}
        assert (left["type"], left["data"]["reason"]) == ("subscriber.unsubscribed", "asked")
        stored = json.dumps([*Call.objects.values("subjects", "facts", "error"), *Effect.objects.values("args", "about")])
        assert "secret.example" not in stored

    def test_of_one_who_was_erased_names_the_id_alone(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening()
        account = endpoint(editor, "subscriber.unsubscribed", receiver=receiver)
        one = reader(1)
        pk = one.pk
        one.erase()
        deliver()
        assert read(account, receiver)[0]["data"] == {"reason": "erased", "subscribers": [{"id": pk, "email": None}]}

    def test_of_many_bounces_takes_few_calls(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening()
        account = endpoint(editor, "subscriber.unsubscribed", receiver=receiver)
        for number in range(60):
            reader(number).bounce()
        assert Happening.objects.count() == 60
        deliver()
        bodies = read(account, receiver)
        assert [len(each["data"]["subscribers"]) for each in bodies] == [50, 10]
        assert all(len(each.body) < 20_000 for each in receiver.received)
        assert not Happening.objects.exists()

    def test_is_not_about_those_who_never_read_or_had_left(self, endpoint: Endpoint, editor: User) -> None:
        endpoint(editor, "subscriber.unsubscribed")
        pending, bounced = Subscriber.objects.create(email="new@example.org", source="page"), reader(2)
        bounced.bounce()
        Happening.objects.all().delete()
        assert (pending.unsubscribe(), bounced.unsubscribe()) == (True, True)
        assert not Happening.objects.exists()

    def test_that_is_rolled_back_did_not_happen(self, endpoint: Endpoint, editor: User) -> None:
        endpoint(editor, "subscriber.unsubscribed")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            reader(1).unsubscribe()
            _ = 1 / 0
        assert (Happening.objects.count(), Effect.objects.count()) == (0, 0)

    def test_of_a_comment_reaches_those_who_moderate_it(
        self, endpoint: Endpoint, editor: User, ann: User, post: Post, listening: Callable[..., Receiver]
    ) -> None:
        hers, theirs = listening(), listening()
        account = endpoint(ann, "comment.held", "comment.published", receiver=hers)
        endpoint(factories.person("olaf", Role.AUTHOR), "comment.held", receiver=theirs)
        comment = post.comment(guest_name="Gus", guest_email="gus@secret.example", content="Well said.")
        spam.judge(comment.pk)
        comment.approve()
        comment.hide()
        comment.approve()
        deliver()
        held, published = read(account, hers)
        assert (held["type"], published["type"]) == ("comment.held", "comment.published")
        assert (published["data"]["id"], published["data"]["author"], published["data"]["post"]["id"]) == (
            comment.pk, "Gus", post.pk,
        )  # fmt: skip
        assert b"gus@secret" not in hers.received[0].body
        assert theirs.received == []

    def test_of_spam_is_none(self, endpoint: Endpoint, ann: User, post: Post) -> None:
        endpoint(ann, "comment.held")
        comment = post.comment(guest_name="Spa", content="http://a.example http://b.example http://c.example")
        assert spam.judge(comment.pk)
        assert not Happening.objects.exists()

    def test_of_a_mailing_follows_it(
        self, endpoint: Endpoint, ann: User, post: Post, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening()
        account = endpoint(ann, "mailing.started", "mailing.paused", "mailing.finished", receiver=receiver)
        send = send_publication_notifications(post)
        assert send is not None
        assert send.pause(ann.pk)
        assert not send.pause(ann.pk)
        send.cancel()
        deliver()
        events = read(account, receiver)
        assert [each["type"] for each in events] == ["mailing.started", "mailing.paused", "mailing.finished"]
        assert (events[1]["data"]["paused_for"], events[2]["data"]["outcome"]) == ("person", "cancelled")
        assert events[0]["data"]["post"]["id"] == post.pk


class TestADeadEffect:
    def test_is_told_and_the_calls_about_it_are_not(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening(*[says(500)] * 5)
        endpoint(editor, "effect.dead", receiver=receiver)
        with transaction.atomic():
            owe(social.share.si(post_id=1), about="post:1")
        died(social.share)
        assert Happening.objects.get().subjects == [Effect.objects.get(task="social.share").pk]
        deliver()
        died(effects.call)
        sweep()
        assert Effect.objects.filter(task="social.call", state="dead").count() == 1
        assert Happening.objects.count() == 0
        assert receiver.received[0].body.count(b"social.share") == 1

    def test_is_dead_whatever_becomes_of_the_event(self, endpoint: Endpoint, editor: User, monkeypatch: Any) -> None:
        endpoint(editor, "effect.dead")
        with transaction.atomic():
            owe(social.share.si(post_id=1), about="post:1")
        monkeypatch.setattr(Happening.objects, "bulk_create", lambda rows: 1 / 0)
        died(social.share)
        assert Effect.objects.get(task="social.share").state == "dead"


def died(effect: Declaration[Any]) -> None:
    """Let a worker die with the last attempt of these, and the sweeper find it."""
    Effect.objects.filter(task=effect.name).update(state="running", attempt=99, max_attempts=99, wake_at=timezone.now())
    sweep()


class TestTheAccount:
    def test_knows_each_call_and_what_no_effect_will_make(
        self, endpoint: Endpoint, editor: User, listening: Callable[..., Receiver]
    ) -> None:
        receiver = listening(says(204), says(400))
        account = endpoint(editor, *SUBSCRIBERS, receiver=receiver)
        for number in range(3):
            one = reader(number, state="pending", confirmed_at=None)
            one.confirm()
            if number < 2:
                one.unsubscribe()
        spread([each.pk for each in Happening.objects.order_by("pk")])
        first, second, *_others = Call.objects.order_by("pk")
        call(first.pk)
        with pytest.raises(Exception, match="400"):
            call(second.pk)
        [balance] = conservation.calls()
        assert (balance.about, balance.parts["sent"], balance.parts["failed"]) == (f"account:{account.pk}", 1, 1)
        assert (balance.balances, balance.wrong) == (True, ())
        Effect.objects.all().delete()
        assert "no effect is owed" in next(conservation.calls()).wrong[0]

    def test_closes_a_call_whose_every_worker_was_lost(self, endpoint: Endpoint, editor: User) -> None:
        endpoint(editor, *SUBSCRIBERS)
        reader(1).unsubscribe()
        spread([each.pk for each in Happening.objects.all()])
        died(effects.call)
        found = Call.objects.get()
        assert (found.state, found.error[:16], found.settled_at is None) == ("failed", "No worker lived ", False)
        [balance] = conservation.calls()
        assert (balance.parts["failed"], balance.balances, balance.wrong) == (1, True, ())

    def test_closes_what_a_person_discards(self, endpoint: Endpoint, editor: User) -> None:
        endpoint(editor, *SUBSCRIBERS)
        reader(1).unsubscribe()
        spread([each.pk for each in Happening.objects.all()])
        owed = Effect.objects.filter(task="social.call").values_list("pk", flat=True)
        VERBS["cancel"].act_on(list(owed), Decision(by="edith", reason="not needed"))
        assert (Call.objects.get().state, Call.objects.get().error) == ("skipped", "cancelled: not needed")


class TestASignal:
    def test_of_an_import_names_many_in_few_rows(self, endpoint: Endpoint, editor: User) -> None:
        endpoint(editor, "subscriber.unsubscribed")
        with transaction.atomic():
            subscribers_left.send(sender=Subscriber, subscriber_ids=list(range(1, 121)), reason="asked")
        assert [len(each.subjects) for each in Happening.objects.order_by("pk")] == [50, 50, 20]
