"""Notices and questions that failed, and sending one again."""

from __future__ import annotations

import pytest
from django.test import Client

from app.blog.models import Post
from app.newsletter.models import Confirmation, Subscriber
from app.notices.models import Notice
from owed.testing import drain, owes
from tests.sinks import Sink
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(signed_in: SignedIn) -> Client:
    return signed_in("editor")


@pytest.fixture
def notice(person: Person, draft: Post) -> Notice:
    return Notice.objects.create(
        recipient=person("author"), kind="like", subject_key="x", post=draft, state="failed", error="550 no", attempts=1
    )


@pytest.fixture
def question() -> Confirmation:
    subscriber = Subscriber.objects.create(email="ann@example.org", source="page")
    return Confirmation.objects.create(subscriber=subscriber, state="failed", error="452 full", attempts=1)


class TestAFailedNotice:
    def test_is_listed_and_sent_again(self, editor: Client, notice: Notice) -> None:
        page = editor.get("/studio/notices/").content.decode()
        assert "550 no" in page
        assert f'action="/studio/notices/{notice.pk}/again"' in page
        answer = editor.post(f"/studio/notices/{notice.pk}/again", follow=True)
        assert b"being sent again" in answer.content
        assert b"550 no" not in answer.content
        assert owes("email.notice").count() == 1
        again = editor.post(f"/studio/notices/{notice.pk}/again", follow=True)
        assert b"nothing to send again" in again.content
        assert owes("email.notice").count() == 1

    def test_is_not_tried_for_ever(self, editor: Client, notice: Notice) -> None:
        Notice.objects.update(attempts=5)
        assert b"/again" not in editor.get("/studio/notices/").content
        assert b"tried 5 times" in editor.post(f"/studio/notices/{notice.pk}/again", follow=True).content
        assert not owes("email.notice").exists()

    def test_is_for_operators(self, signed_in: SignedIn, notice: Notice) -> None:
        author = signed_in("author")
        assert author.get("/studio/notices/").status_code == 403
        assert author.post(f"/studio/notices/{notice.pk}/again").status_code == 403


class TestAFailedQuestion:
    def test_is_asked_again_from_the_subscribers_page(self, editor: Client, question: Confirmation, smtp_sink: Sink) -> None:
        page = f"/studio/subscribers/{question.subscriber_id}/"
        assert f'action="/studio/confirmations/{question.pk}/again"' in editor.get(page).content.decode()
        answer = editor.post(f"/studio/confirmations/{question.pk}/again")
        assert answer["Location"] == page
        drain()
        assert [mail.recipient for mail in smtp_sink.captured] == ["ann@example.org"]
        assert b"/again" not in editor.get(page).content

    def test_is_limited(self, editor: Client, question: Confirmation) -> None:
        for _ in range(20):
            Confirmation.objects.update(state="failed")
            editor.post(f"/studio/confirmations/{question.pk}/again")
        Confirmation.objects.update(state="failed")
        answer = editor.post(f"/studio/confirmations/{question.pk}/again", follow=True)
        assert b"Too many attempts" in answer.content

    def test_is_for_who_keeps_the_list(self, signed_in: SignedIn, question: Confirmation) -> None:
        assert signed_in("author").post(f"/studio/confirmations/{question.pk}/again").status_code == 403
