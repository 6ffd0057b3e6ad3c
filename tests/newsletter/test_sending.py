"""One post to all its readers: everybody once, and everybody accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.mail.submission import NotInDoubt
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.models.states import STATES
from owed.testing import drain, owes
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]


def send_of(post: Post) -> Send:
    send = send_publication_notifications(post.pk, now=timezone.now())
    assert send
    return send


class TestASend:
    @pytest.mark.covers("M16")
    def test_reaches_each_confirmed_reader_once(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(45)
        readers(3, state="pending", confirmed_at=None)
        readers(2, state="unsubscribed")
        readers(1, state="bounced")
        drain()
        assert sorted(each.recipient for each in smtp_sink.captured) == sorted(
            Subscriber.objects.confirmed().values_list("email", flat=True)
        )
        send = Send.objects.get(post=post)
        assert send.state == "finished"
        assert send.balance() == {"candidates": 45, **dict.fromkeys(STATES, 0), "sent": 45}
        assert send.balances

    @pytest.mark.covers("A4")
    def test_is_one_for_ever_whatever_becomes_of_the_post(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        drain()
        for _ in range(3):
            send_publication_notifications(post)
        post.withdraw()
        post.publish(at=timezone.now())
        drain()
        assert len(smtp_sink.captured) == 3
        assert Send.objects.count() == 1

    def test_is_not_opened_for_what_nobody_may_read(self, author: User, readers: Readers) -> None:
        readers(1)
        draft = Post(title="Draft", content="x", author=author)
        draft.save()
        old = Post(title="Old", content="x", author=author)
        old.save()
        old.publish(at=timezone.now() - timedelta(hours=25))
        for pk in [draft.pk, old.pk, 999_999]:
            assert send_publication_notifications(pk, now=timezone.now()) is None
        assert owes("email.page").count() == 0

    def test_without_readers_is_finished_at_once(self, post: Post) -> None:
        drain()
        assert Send.objects.get().state == "finished"

    def test_expands_a_page_once_however_often_it_is_asked(self, post: Post, readers: Readers) -> None:
        readers(7)
        send = send_of(post)
        assert [expand(send.pk, after=0) for _ in range(3)] == [7, 0, 0]
        assert send.balance()["candidates"] == 7

    def test_stores_every_message_id_before_the_first_attempt(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        expand(send_of(post).pk, after=0)
        stored = set(Delivery.objects.values_list("message_id", flat=True))
        drain()
        assert {str(each.message["Message-ID"]) for each in smtp_sink.captured} == stored
        assert len(stored) == 3

    def test_can_be_cancelled_and_still_balances(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(5)
        send = send_of(post)
        expand(send.pk, after=0)
        assert send.cancel() == 5
        drain()
        assert smtp_sink.captured == []
        assert send.balance()["skipped"] == 5
        assert send.balances

    def test_still_balances_when_a_reader_is_erased(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        send = send_of(post)
        expand(send.pk, after=0)
        Subscriber.objects.first().delete()  # type: ignore[union-attr]
        drain()
        assert (send.balance()["sent"], send.balance()["skipped"]) == (2, 1)
        assert send.balances

    def test_says_when_somebody_is_missing(self, post: Post, readers: Readers) -> None:
        readers(3)
        send = send_of(post)
        expand(send.pk, after=0)
        Delivery.objects.filter(pk=Delivery.objects.first().pk).delete()  # type: ignore[union-attr]
        assert not send.balances


class TestExpansionToFiveThousand:
    @pytest.mark.long
    def test_takes_a_few_statements_a_page(self, post: Post, readers: Readers) -> None:
        readers(5000)
        send = send_of(post)
        after, pages, statements = 0, 0, 0
        while Send.objects.get().state == "expanding":
            assert owes("email.page").filter(args__after=after).exists()
            with CaptureQueriesContext(connection) as queries:
                expand(send.pk, after=after)
            last = Delivery.objects.order_by("-subscriber").values_list("subscriber", flat=True).first()
            assert last
            after, pages, statements = last, pages + 1, statements + len(queries)
        assert pages == 11
        assert statements <= pages * 8
        assert Delivery.objects.values("subscriber").distinct().count() == send.balance()["candidates"] == 5000
        assert owes("email.deliver").count() == 50
        chunks = owes("email.deliver").values_list("args", flat=True)
        owed = [pk for args in chunks for pk in args["delivery_ids"]]
        assert len(owed) == len(set(owed)) == 5000
        assert Send.objects.get().state == "sending"


class TestANewsletter:
    def test_is_the_post_with_headers_of_a_list(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        drain()
        [captured] = smtp_sink.captured
        message, page = captured.message, f"{reader.get_absolute_url()}"
        assert message["Subject"] == post.title
        assert message["List-Unsubscribe"] == f"<http://127.0.0.1:8000{page}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Id"] == "Afterword <newsletter.127.0.0.1>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert abs(message["Date"].datetime - timezone.now()) < timedelta(minutes=5)
        html, text = captured.body("html"), captured.body("plain")
        assert 'href="http://127.0.0.1:8000/archive/"' in html
        assert "Owed &amp; “kept”" in html
        assert "Owed & “kept”" in text
        assert "A post with a link (http://127.0.0.1:8000/archive/) and HTML." in text
        assert page in html
        assert page in text

    def test_of_a_very_long_post_is_cut_before_mail_programs_cut_it(
        self, author: User, readers: Readers, smtp_sink: Sink
    ) -> None:
        readers(1)
        long = Post(title="Long", content="word " * 40_000, author=author)
        long.save()
        long.publish(at=timezone.now())
        drain()
        [captured] = smtp_sink.captured
        assert len(captured.data) < 102_000
        assert long.get_absolute_url() in captured.body("html")


@pytest.mark.covers("A8")
class TestAPersonsDecision:
    def test_sends_again_what_is_in_doubt_under_the_same_id(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        expand(send_of(post).pk, after=0)
        delivery = Delivery.objects.get()
        delivery.begin()
        drain()
        delivery.refresh_from_db()
        assert delivery.state == "unknown"
        assert smtp_sink.captured == []
        delivery.resend()
        drain()
        [captured] = smtp_sink.captured
        assert captured.message["Message-ID"] == delivery.message_id
        assert Send.objects.get().state == "finished"

    def test_is_refused_for_what_was_sent(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        drain()
        with pytest.raises(NotInDoubt):
            Delivery.objects.get().resend()
