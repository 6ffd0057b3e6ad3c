"""Mailing a post once more: asked, confirmed, and accounted for."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.models import Delivery, Send, Subscriber
from owed.testing import drain
from tests.concurrency import at_once
from tests.sinks import Sink
from tests.studio.forms import Person, SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("A4")]
OFFER = "Email this post again"


@pytest.fixture
def mailed(draft: Post, smtp_sink: Sink) -> Post:
    """A post that its two readers got by mail."""
    for number in range(2):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now())
    draft.publish(at=timezone.now())
    drain()
    return draft


def path(post: Post) -> str:
    return f"/studio/posts/{post.pk}/mailing/"


class TestMailingAgain:
    def test_is_offered_asked_and_done(self, signed_in: SignedIn, mailed: Post, smtp_sink: Sink) -> None:
        writer = signed_in("author")
        for page in (f"/studio/posts/{mailed.pk}/", f"/studio/posts/{mailed.pk}/effects/"):
            shown = writer.get(page).content.decode()
            assert OFFER in shown
            assert path(mailed) in shown
        asked = writer.get(path(mailed)).content.decode()
        assert "Email it to 2 subscribers" in asked
        assert 'name="round" value="2"' in asked
        assert len(smtp_sink.captured) == 2
        answer = writer.post(path(mailed), {"round": "2"})
        assert answer["Location"] == f"/studio/sends/{Send.objects.get(round=2).pk}/"
        drain()
        assert len(smtp_sink.captured) == 4
        page = writer.get(answer["Location"]).content.decode()
        assert "2 = 2: every subscriber is accounted for" in page
        assert "Email again, round 2" in page
        account = writer.get(f"/studio/posts/{mailed.pk}/effects/").content.decode()
        assert account.count("2 = 2: every subscriber is accounted for") == 2

    def test_pressed_twice_says_so_and_mails_once(self, signed_in: SignedIn, mailed: Post, smtp_sink: Sink) -> None:
        writer = signed_in("author")
        for _ in range(2):
            answer = writer.post(path(mailed), {"round": "2"}, follow=True)
        assert b"asked for meanwhile" in answer.content
        drain()
        assert (len(smtp_sink.captured), Send.objects.count()) == (4, 2)

    @pytest.mark.parametrize("number", ["", "1", "3", "-2", "two", "9" * 5000])
    def test_needs_the_number_that_the_page_gave(self, signed_in: SignedIn, mailed: Post, number: str) -> None:
        answer = signed_in("author").post(path(mailed), {"round": number})
        assert answer["Location"] == f"/studio/posts/{mailed.pk}/"
        assert Send.objects.count() == 1

    @pytest.mark.covers("M4")
    def test_is_for_who_may_publish(self, signed_in: SignedIn, person: Person, mailed: Post) -> None:
        other = Client()
        other.force_login(person("author").__class__.objects.create_user("other", role="author"))
        for stranger in (other, signed_in("reader"), signed_in("contributor")):
            assert (stranger.get(path(mailed)).status_code, stranger.post(path(mailed), {"round": "2"}).status_code) == (
                403,
                403,
            )
        assert Client().post(path(mailed), {"round": "2"})["Location"].startswith("/login/")
        assert Send.objects.count() == 1
        signed_in("editor").post(path(mailed), {"round": "2"})
        assert Send.objects.count() == 2

    def test_acts_on_no_forged_form(self, person: Person, mailed: Post) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person("author"))
        assert client.post(path(mailed), {"round": "2"}).status_code == 403

    def test_is_not_offered_while_one_goes_on_or_nothing_was_mailed(self, signed_in: SignedIn, mailed: Post) -> None:
        writer = signed_in("author")
        writer.post(path(mailed), {"round": "2"})
        assert OFFER not in writer.get(f"/studio/posts/{mailed.pk}/effects/").content.decode()
        assert "still in progress" in writer.get(path(mailed)).content.decode()
        assert b"not over yet" in writer.post(path(mailed), {"round": "3"}, follow=True).content
        mailed.withdraw()
        assert b"Only a published post" in writer.get(path(mailed)).content
        assert OFFER not in writer.get(f"/studio/posts/{mailed.pk}/").content.decode()

    def test_is_the_first_where_nothing_was_mailed(self, signed_in: SignedIn, mailed: Post, smtp_sink: Sink) -> None:
        Send.objects.all().delete()
        writer = signed_in("author")
        assert OFFER not in writer.get(f"/studio/posts/{mailed.pk}/").content.decode()
        assert 'name="round" value="1"' in writer.get(path(mailed)).content.decode()
        writer.post(path(mailed), {"round": "1"})
        drain()
        assert (len(smtp_sink.captured), Send.objects.get().round) == (4, 1)

    @pytest.mark.covers("E6")
    def test_of_an_interrupted_one_mails_the_rest(self, signed_in: SignedIn, mailed: Post, smtp_sink: Sink) -> None:
        send = Send.objects.get()
        send.deliveries.filter(pk=send.deliveries.latest("pk").pk).update(state="withheld")
        page = signed_in("author").get(f"/studio/sends/{send.pk}/").content.decode()
        assert "1 received it, 1 did not." in page
        assert "every subscriber is accounted for" not in page
        for stranger in (signed_in("reader"), signed_in("contributor")):
            assert stranger.post(f"/studio/sends/{send.pk}/rest/").status_code == 403
        writer = signed_in("author")
        assert b"Email it to the 1 subscriber who did not" in writer.get(f"/studio/posts/{mailed.pk}/effects/").content
        answer = writer.post(f"/studio/sends/{send.pk}/rest/", follow=True)
        assert b"Being emailed to 1 subscriber." in answer.content
        drain()
        assert len(smtp_sink.captured) == 3
        again = writer.post(f"/studio/sends/{send.pk}/rest/", follow=True)
        assert b"Everyone on this mailing" in again.content

    def test_has_no_button_where_nobody_reads(self, signed_in: SignedIn, mailed: Post) -> None:
        Subscriber.objects.all().delete()
        page = signed_in("author").get(path(mailed)).content
        assert (b"You have no subscribers yet" in page, b'name="round"' in page) == (True, False)


@pytest.mark.django_db(transaction=True)
class TestTwoPressesAtOnce:
    def test_open_one_round_and_mail_each_reader_once(self, person: Person, mailed: Post, smtp_sink: Sink) -> None:
        connection.close()
        clients = [Client() for _ in range(8)]
        for client in clients:
            client.force_login(person("author"))
        answers = at_once(*(partial(client.post, path(mailed), {"round": "2"}) for client in clients))
        assert [answer.status_code for answer in answers] == [302] * 8
        assert len([answer for answer in answers if "/sends/" in answer["Location"]]) == 1
        assert list(Send.objects.order_by("round").values_list("round", flat=True)) == [1, 2]
        drain()
        assert sorted(each.recipient for each in smtp_sink.captured) == [f"r{n}@example.org" for n in (0, 0, 1, 1)]
        assert Delivery.objects.filter(send__round=2).values("subscriber").distinct().count() == 2
