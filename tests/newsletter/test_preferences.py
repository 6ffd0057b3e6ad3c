"""What a reader chooses, who a newsletter comes from, and the welcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Category, Tag
from app.newsletter import audience, choices
from app.newsletter.choices import Wish
from app.newsletter.models import Greeting, MailingSettings, Send, Subscriber
from app.newsletter.windows import settle_and_take
from owed.testing import drain, owes
from tests import factories
from tests.markup import squeezed
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
Readers = Callable[..., list[Subscriber]]


def read(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


class TestPreferences:
    def test_are_reached_by_the_link_in_the_mail(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        factories.publish(author)
        drain()
        body = read(smtp_sink.captured[0].data).get_body(("plain",))
        assert body is not None
        assert f"Change what you get: http://127.0.0.1:8000{reader.get_absolute_url()}" in body.get_content()

    @pytest.mark.parametrize("kind", ["author", "category", "tag"])
    def test_choose_authors_categories_and_tags(self, author: User, readers: Readers, smtp_sink: Sink, kind: str) -> None:
        everything, some = readers(2)
        category, tag = Category.objects.create(name="News", slug="news"), Tag.objects.create(name="Rivers", slug="rivers")
        wanted = factories.write(author, "Wanted", category=category)
        wanted.tags.set([tag])
        wanted.publish()
        drain()
        smtp_sink.captured.clear()
        key = {"author": author.pk, "category": category.pk, "tag": tag.pk}[kind]
        answer = Client().post(some.get_absolute_url(), {"action": "prefer", "wants": f"{kind}:{key}"})
        assert b"You receive the posts that you chose below." in answer.content
        other = factories.person("other", Role.AUTHOR)
        factories.publish(other, "Something else")
        again = factories.write(author, "More of it", category=category)
        again.tags.set([tag])
        again.publish()
        drain()
        got = sorted((mail.recipient, read(mail.data)["Subject"]) for mail in smtp_sink.captured)
        assert got == [
            (everything.email, "More of it"), (everything.email, "Something else"), (some.email, "More of it"),
        ]  # fmt: skip
        assert all(send.balances for send in Send.objects.all())

    @pytest.mark.parametrize("key", ["", "tag:press"])
    def test_are_counted_before_publication_as_the_mailing_asks_them(
        self, author: User, readers: Readers, smtp_sink: Sink, key: str
    ) -> None:
        category = Category.objects.create(name="News", slug="news")
        draft = factories.write(author, "Counted", category=category)
        away = timezone.now() + timedelta(days=1)
        for tags in ([], ["press"]):
            readers(1, tags=tags)
            readers(1, tags=tags, wants=[f"category:{category.pk}"])
            readers(1, tags=tags, wants=["author:0"])
            readers(1, tags=tags, paused_until=away)
        counted = audience.size_of(key, draft.pk)
        choices.choose(draft.pk, Wish(audience=audience.read(key)), by=None)
        draft.publish()
        drain()
        assert (counted.readers, Send.objects.get().candidates) == ((2, 2) if key else (4, 4))

    def test_are_how_often_by_which_clock(self, readers: Readers) -> None:
        [reader] = readers(1)
        page = Client().get(reader.get_absolute_url()).content.decode()
        assert "zone.js" in page
        assert "The publication&#x27;s (UTC)" in page
        for frequency, said in (("daily", "each day"), ("weekly", "each week"), ("each", "each new post")):
            form = {"action": "prefer", "frequency": frequency, "time_zone": "America/Los_Angeles"}
            answer = Client().post(reader.get_absolute_url(), form)
            assert said in squeezed(answer.content)
            reader.refresh_from_db()
            assert (reader.frequency, reader.time_zone) == (frequency, "America/Los_Angeles")
        Client().post(reader.get_absolute_url(), {"action": "prefer"})
        reader.refresh_from_db()
        assert (reader.frequency, reader.time_zone) == ("each", "America/Los_Angeles")

    def test_pause_until_a_day(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        day = timezone.localdate() + timedelta(days=10)
        answer = Client().post(reader.get_absolute_url(), {"action": "prefer", "paused_until": day.isoformat()})
        assert "You receive nothing before" in squeezed(answer.content)
        factories.publish(author)
        drain()
        assert smtp_sink.captured == []
        Subscriber.objects.update(paused_until=timezone.now() - timedelta(minutes=1))
        factories.publish(author, "After it")
        drain()
        assert len(smtp_sink.captured) == 1

    def test_a_pause_holds_for_what_is_on_its_way(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        MailingSettings(pk=1, delay=60).save()
        factories.publish(author)
        drain()
        reader.prefer(wants=[], paused_until=timezone.now() + timedelta(days=1))
        Send.objects.update(starts_at=None)
        delivery = Send.objects.get().deliveries.get()
        assert delivery.unwanted() == "the reader is on pause"
        assert settle_and_take([], [delivery.pk], journal="") == []

    @pytest.mark.parametrize(
        "wrong",
        [
            {"wants": "author:999"},
            {"wants": "x"},
            {"paused_until": "never"},
            {"paused_until": "2199-01-01"},
            {"frequency": "hourly"},
            {"time_zone": "Mars/Crater"},
        ],
    )
    def test_that_are_not_offered_are_refused(self, readers: Readers, wrong: dict[str, str]) -> None:
        [reader] = readers(1)
        assert Client().post(reader.get_absolute_url(), {"action": "prefer", **wrong}).status_code == 422
        reader.refresh_from_db()
        assert (reader.wants, reader.paused_until) == ([], None)


class TestTheSender:
    def test_is_the_publication_with_its_postal_address(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        MailingSettings(
            pk=1, sender_name='The "Weekly", Observer', reply_to="desk@example.org", postal_address="1 Quay\nPort Town"
        ).save()
        factories.publish(author)
        drain()
        message = read(smtp_sink.captured[0].data)
        assert message["From"].addresses[0].display_name == 'The "Weekly", Observer'
        assert message["From"].addresses[0].addr_spec == "post@afterword.example"
        assert message["Reply-To"] == "desk@example.org"
        parts = [message.get_body((kind,)) for kind in ("plain", "html")]
        assert all(part is not None and "Port Town" in part.get_content() for part in parts)

    def test_is_the_author_where_it_is_said_and_confirmed(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        User.objects.filter(pk=author.pk).update(email="ann@example.org", email_confirmed_at=timezone.now())
        author.refresh_from_db()
        MailingSettings(pk=1, names_author=True, replies_to_author=True, reply_to="desk@example.org").save()
        factories.publish(author)
        drain()
        message = read(smtp_sink.captured[0].data)
        assert message["From"].addresses[0].display_name == f"{author.profile.name} at Afterword"
        assert message["Reply-To"] == "ann@example.org"


class TestTheWelcome:
    def test_comes_once_and_only_where_it_is_wanted(self, readers: Readers, smtp_sink: Sink) -> None:
        quiet, reader = (Subscriber.objects.create(email=f"new{n}@example.org") for n in range(2))
        quiet.confirm()
        assert not owes("email.greet").exists()
        MailingSettings(pk=1, welcomes=True, welcome_subject="Hello", welcome_text="Good <to> have you.\n\nAnn").save()
        reader.confirm()
        reader.unsubscribe()
        reader.confirm()
        drain()
        [mail] = smtp_sink.captured
        message = read(mail.data)
        assert (mail.recipient, message["Subject"]) == (reader.email, "Hello")
        assert reader.get_absolute_url() in message["List-Unsubscribe"]
        html = message.get_body(("html",))
        assert html is not None
        assert "Good &lt;to&gt; have you." in html.get_content()

    def test_does_not_go_to_who_left_meanwhile(self, smtp_sink: Sink) -> None:
        reader = Subscriber.objects.create(email="new@example.org")
        MailingSettings(pk=1, welcomes=True).save()
        reader.confirm()
        reader.unsubscribe()
        drain()
        assert (smtp_sink.captured, Greeting.objects.get().state) == ([], "skipped")
