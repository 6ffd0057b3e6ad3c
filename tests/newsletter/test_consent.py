"""Who reads by mail, and how they came to it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.newsletter.mailing_list import add_to_mailing_list
from app.newsletter.models import Confirmation, Subscriber
from owed.testing import drain, owes
from tests.sinks import FaultyServer, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]
ADDRESS = "Reader@Example.org"


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="203.0.113.9")


def subscribe(client: Client, email: str = ADDRESS) -> str:
    response = client.post("/subscribe/", {"email": email})
    assert response.status_code == 200
    return re.sub(r'value="[\w-]{60,}"', "", response.content.decode())


class TestAWishToRead:
    def test_is_kept_with_its_proof_and_asks_by_mail(self, browser: Client, smtp_sink: Sink) -> None:
        subscribe(browser)
        drain()
        subscriber = Subscriber.objects.get()
        assert subscriber.email == "Reader@example.org"
        assert subscriber.state == "pending"
        assert subscriber.consented_at
        assert "by email" in subscriber.consent_text
        assert "203.0.113.9" not in subscriber.consent_ip_digest
        assert len(subscriber.consent_ip_digest) == 64
        [captured] = smtp_sink.captured
        link = f"/subscriptions/{subscriber.token}/"
        assert link in captured.body("plain")
        assert link in captured.body("html")
        assert "List-Unsubscribe" not in captured.message
        assert captured.message["Message-ID"] == Confirmation.objects.get().message_id

    def test_is_answered_alike_for_known_and_unknown_addresses(self, browser: Client, smtp_sink: Sink) -> None:
        answers = [subscribe(browser, "known@example.org")]
        Subscriber.objects.get().confirm()
        answers += [subscribe(browser, "known@example.org"), subscribe(browser, "new@example.org")]
        Subscriber.objects.get(email="known@example.org").unsubscribe()
        answers += [subscribe(browser, "KNOWN@example.org")]
        assert len(set(answers)) == 1

    def test_asks_an_address_once_a_day_whatever_its_case(self, browser: Client, smtp_sink: Sink) -> None:
        for email in [ADDRESS, ADDRESS.lower(), ADDRESS.upper(), ADDRESS]:
            subscribe(browser, email)
        drain()
        assert len(smtp_sink.captured) == 1
        assert Subscriber.objects.count() == 1
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            subscribe(browser)
            drain()
        assert len(smtp_sink.captured) == 2

    def test_of_a_reader_sends_nothing(self, browser: Client, smtp_sink: Sink) -> None:
        Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
        subscribe(browser)
        drain()
        assert smtp_sink.captured == []

    def test_of_one_who_left_leaves_them_out_until_they_confirm(self, browser: Client) -> None:
        subscriber = Subscriber.objects.create(email="reader@example.org", state="unsubscribed")
        subscribe(browser)
        assert owes("email.confirm").count() == 1
        assert not Subscriber.objects.confirmed().exists()
        browser.post(subscriber.get_absolute_url(), {"action": "confirm"})
        assert Subscriber.objects.confirmed().get().unsubscribed_at is None

    def test_of_an_account_is_a_question_as_well(self, smtp_sink: Sink) -> None:
        user = User.objects.create_user("reader", "reader@example.org")
        assert not Subscriber.objects.exists()
        for _ in range(3):
            add_to_mailing_list(user)
        add_to_mailing_list(user.pk)
        drain()
        assert Subscriber.objects.get().user == user
        assert not Subscriber.objects.confirmed().exists()
        assert len(smtp_sink.to("reader@example.org")) == 1

    @pytest.mark.parametrize(
        "email",
        ["", "no", "a@b", "a@example.org\r\nBcc: b@example.org", "a@example.org,b@example.org", "x" * 250 + "@example.org"],
    )
    def test_without_an_address_is_refused_clearly(self, browser: Client, email: str) -> None:
        response = browser.post("/subscribe/", {"email": email})
        assert response.status_code == 422
        assert b"errorlist" in response.content
        assert not Subscriber.objects.exists()

    def test_with_the_hidden_field_filled_in_is_asked_once_more(self, browser: Client) -> None:
        answer = browser.post("/subscribe/", {"email": ADDRESS, "website": "https://spam.example"})
        page = answer.content.decode()
        assert (answer.status_code, ADDRESS in page, "press Subscribe again" in page) == (422, True, True)
        assert "spam.example" not in page
        assert not Subscriber.objects.exists()

    def test_costs_the_same_statements_whatever_is_known_of_the_address(self, browser: Client, smtp_sink: Sink) -> None:
        def statements(email: str) -> list[str]:
            with CaptureQueriesContext(connection) as queries:
                subscribe(browser, email)
            return [
                re.sub(r"'[^']*'|[\d.]+|\"\w*\"\.", "", query["sql"])[:40] for query in queries if "_sav" not in query["sql"]
            ]

        unknown = statements("new@example.org")
        Subscriber.objects.create(
            email="reader@example.org", state="confirmed", confirmed_at=timezone.now(), consent_text="Yes"
        )
        Subscriber.objects.create(email="left@example.org", state="unsubscribed")
        known = [statements(f"{name}@example.org") for name in ("reader", "reader", "left", "new")]
        assert known == [unknown] * 4
        drain()
        assert sorted(captured.message["To"] for captured in smtp_sink.captured) == ["left@example.org", "new@example.org"]
        assert Subscriber.objects.get(email="reader@example.org").consent_text == "Yes"

    def test_needs_the_forms_own_token(self) -> None:
        assert Client(enforce_csrf_checks=True).post("/subscribe/", {"email": ADDRESS}).status_code == 403

    def test_is_asked_for_on_its_page(self, browser: Client) -> None:
        response = browser.get("/subscribe/")
        assert response.status_code == 200
        assert b'inputmode="email"' in response.content


class TestAConfirmation:
    def test_waits_while_the_mail_server_is_down(self, browser: Client, faulty: FaultyServer) -> None:
        faulty.faults = {"mail": "451 4.3.0 later"}
        subscribe(browser)
        drain()
        confirmation = Confirmation.objects.get()
        assert (confirmation.state, confirmation.attempts) == ("pending", 0)
        assert "451 4.3.0 at mail" in owes("email.confirm").get().error

    def test_twice_is_one_reader(self, browser: Client) -> None:
        subscriber = Subscriber.objects.create(email="reader@example.org")
        for _ in range(2):
            assert browser.post(subscriber.get_absolute_url(), {"action": "confirm"}).status_code == 200
        first = Subscriber.objects.get().confirmed_at
        subscriber.confirm()
        assert Subscriber.objects.confirmed().get().confirmed_at == first

    def test_in_doubt_can_be_sent_again_by_a_person(self, faulty: FaultyServer) -> None:
        subscriber = Subscriber.objects.create(email="reader@example.org")
        with transaction.atomic():
            confirmation = Confirmation.objects.owe(subscriber)
        assert confirmation
        faulty.faults = {"dot": "cut"}
        drain()
        confirmation.refresh_from_db()
        assert confirmation.state == "unknown"
        faulty.heal()
        confirmation.resend()
        drain()
        confirmation.refresh_from_db()
        assert confirmation.state == "sent"
        assert len(faulty.accepted) == 2
        assert len({re.findall(rb"Message-ID: (\S+)", each)[0] for each in faulty.accepted}) == 1


class TestASubscriptionsPage:
    @pytest.fixture
    def reader(self) -> Subscriber:
        return Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())

    def test_changes_nothing_when_a_scanner_looks(self, reader: Subscriber) -> None:
        client = Client()
        before = Subscriber.objects.values().get()
        for method in ["get", "head", "options"]:
            response = getattr(client, method)(reader.get_absolute_url() + "?action=unsubscribe&List-Unsubscribe=One-Click")
            assert response.status_code == 200
        assert Subscriber.objects.values().get() == before

    def test_shows_what_can_be_done(self, client: Client, reader: Subscriber) -> None:
        page = client.get(reader.get_absolute_url())
        assert b'value="unsubscribe"' in page.content
        assert page["Referrer-Policy"] == "same-origin"
        assert "no-store" in page["Cache-Control"]
        assert reader.email.encode() not in page.content

    @pytest.mark.parametrize("content_type", ["multipart", "application/x-www-form-urlencoded"])
    def test_unsubscribes_with_one_click(self, reader: Subscriber, content_type: str) -> None:
        client = Client(enforce_csrf_checks=True)
        for _ in range(2):
            if content_type == "multipart":
                response = client.post(reader.get_absolute_url(), {"List-Unsubscribe": "One-Click"})
            else:
                response = client.post(reader.get_absolute_url(), "List-Unsubscribe=One-Click", content_type=content_type)
            assert response.status_code == 200
            assert not response.cookies
            assert "Location" not in response
        assert not Subscriber.objects.confirmed().exists()

    @pytest.mark.parametrize("data", [{}, {"action": "delete"}, {"List-Unsubscribe": "no"}])
    def test_does_nothing_that_it_was_not_asked(self, client: Client, reader: Subscriber, data: dict[str, str]) -> None:
        assert client.post(reader.get_absolute_url(), data).status_code == 400
        assert Subscriber.objects.confirmed().exists()

    @pytest.mark.parametrize("token", ["x", "0" * 32, "%00", "a'--"])
    def test_of_nobody_is_not_found(self, client: Client, reader: Subscriber, token: str) -> None:
        assert client.get(f"/subscriptions/{token}/").status_code in (400, 404)
        assert client.post(f"/subscriptions/{token}/", {"List-Unsubscribe": "One-Click"}).status_code in (400, 404)

    def test_is_behind_a_token_nobody_guesses(self) -> None:
        tokens = {Subscriber(email="a@example.org").token for _ in range(100)}
        assert len(tokens) == 100
        assert all(len(token) == 32 for token in tokens)


class TestTheTable:
    def test_holds_an_address_once(self) -> None:
        Subscriber.objects.create(email="reader@example.org")
        with pytest.raises(IntegrityError), transaction.atomic():
            Subscriber.objects.create(email="READER@example.org")

    @pytest.mark.covers("M16")
    def test_refuses_an_unknown_state(self) -> None:
        Subscriber.objects.create(email="reader@example.org")
        for statement in [
            "UPDATE newsletter_subscriber SET state = 'x'",
            "UPDATE newsletter_subscriber SET state = 'confirmed'",
        ]:
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
