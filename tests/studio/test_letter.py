"""The mail of a post, looked at and tested before readers get it."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import RegisteredVia, User
from app.blog.models import Post
from app.newsletter.models import Delivery, SampleMail, Send, Subscriber
from owed.testing import drain, owes
from tests.markup import squeezed
from tests.sinks import Sink
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(signed_in: SignedIn, person: Person) -> Client:
    author = person("author")
    User.objects.filter(pk=author.pk).update(email="author@example.org", email_confirmed_at=timezone.now())
    return signed_in("author")


class TestATestMail:
    def test_comes_to_the_writer_alone_and_says_what_it_is(self, writer: Client, draft: Post, smtp_sink: Sink) -> None:
        Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
        answer = writer.post(f"/studio/posts/{draft.pk}/sample", {"subject": "Read this", "preview": "A line"}, follow=True)
        assert b"on its way to author@example.org" in answer.content
        assert smtp_sink.captured == []  # a worker sends it
        drain()
        [mail] = smtp_sink.captured
        message = message_from_bytes(mail.data, policy=policy.default)
        assert (mail.recipient, message["Subject"]) == ("author@example.org", "[Test] Read this")
        assert message["List-Unsubscribe"] is None
        assert "A line" in message.get_body(("html",)).get_content()
        assert (Send.objects.count(), Delivery.objects.count(), draft.status) == (0, 0, "draft")
        assert SampleMail.objects.get().state == "sent"

    def test_is_limited(self, writer: Client, draft: Post) -> None:
        for _ in range(6):
            answer = writer.post(f"/studio/posts/{draft.pk}/sample", follow=True)
        assert b"Too many attempts" in answer.content
        assert owes("email.sample").count() == 5

    def test_needs_an_address_that_is_ones_own(self, writer: Client, person: Person, draft: Post) -> None:
        User.objects.filter(pk=person("author").pk).update(email="")
        assert b"no confirmed email address" in writer.post(f"/studio/posts/{draft.pk}/sample", follow=True).content
        User.objects.filter(pk=person("author").pk).update(
            email="ada@example.org", email_confirmed_at=None, registered_via=RegisteredVia.SITE
        )
        assert b"Confirm your email address first" in writer.post(f"/studio/posts/{draft.pk}/sample", follow=True).content
        assert not owes("email.sample").exists()

    def test_and_the_preview_are_for_who_may_publish(self, signed_in: SignedIn, draft: Post) -> None:
        for who in ("reader", "contributor"):
            client = signed_in(who)
            for path in ("letter/", "letter.html"):
                assert client.get(f"/studio/posts/{draft.pk}/{path}").status_code == 403
            assert client.post(f"/studio/posts/{draft.pk}/sample").status_code == 403


class TestThePreview:
    def test_shows_both_parts_with_the_words_of_the_panel(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/letter/", {"subject": "Read & this", "preview": "A line"}, follow=True)
        page = squeezed(answer.content)
        assert "<h1>Read &amp; this</h1>" in page
        assert "preview=A+line" in page
        assert "Some words." in page
        html = writer.get(f"/studio/posts/{draft.pk}/letter.html?preview=A+line")
        assert (b"A line" in html.content, b"Read and comment" in html.content) == (True, True)
        assert "default-src 'none'" in html["Content-Security-Policy"]
        assert b"Read and comment" not in writer.get(f"/studio/posts/{draft.pk}/letter.html?where=email").content

    def test_says_whether_a_reader_would_get_it(self, signed_in: SignedIn, draft: Post) -> None:
        confirmed = {"state": "confirmed", "confirmed_at": timezone.now()}
        Subscriber.objects.create(email="in@example.org", tags=["press"], **confirmed)
        Subscriber.objects.create(email="out@example.org", **confirmed)
        Subscriber.objects.create(email="gone@example.org", state="unsubscribed")
        away = timezone.now() + timedelta(days=1)
        Subscriber.objects.create(email="away@example.org", tags=["press"], paused_until=away, token="a", **confirmed)
        Subscriber.objects.create(email="else@example.org", tags=["press"], wants=["author:0"], token="e", **confirmed)
        said = {
            "in": "Would get it.", "out": "not in the audience", "gone": "Unsubscribed", "none": "No subscriber has",
            "away": "on pause", "else": "chose only other authors",
        }  # fmt: skip
        for name, words in said.items():
            asked = {"audience": "tag:press", "reader": f"{name}@example.org"}
            assert words in signed_in("editor").get(f"/studio/posts/{draft.pk}/letter/", asked).content.decode()
        asked = {"reader": "in@example.org"}
        assert b"Would get it" not in signed_in("author").get(f"/studio/posts/{draft.pk}/letter/", asked).content
