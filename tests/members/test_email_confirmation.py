"""Asking for a lost confirmation once more, from one's own account."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from app.accounts.models import RegisteredVia, User
from app.mail.submission import SubmissionState
from app.notices.models import Notice
from owed.models import Effect
from owed.testing import broker_down, drain, owes
from tests.concurrency import at_once
from tests.sinks import CUT, FaultyServer, Sink, faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]
pytestmark = [pytest.mark.django_db, pytest.mark.covers("E11")]
WHO = {"username": "newcomer", "email": "newcomer@example.org", "password": "a long pass phrase"}
BUTTON = "Resend the confirmation email"
PATH = "/account/address/confirmation"


@pytest.fixture
def newcomer() -> User:
    return User.objects.register(**WHO)


@pytest.fixture
def mine(newcomer: User) -> Client:
    client = Client()
    client.force_login(newcomer)
    return client


def press(client: Client) -> str:
    """Press the button. Return what the page says then."""
    return client.post(PATH, follow=True).content.decode()


def links(sink: Sink) -> list[str]:
    return [path for each in sink.captured for path in re.findall(r"127\.0\.0\.1:8000(/addresses/\S+)", each.body("plain"))]


class TestALostConfirmation:
    def test_comes_again_when_it_is_asked_for_and_greets_once(self, mine: Client, newcomer: User, smtp_sink: Sink) -> None:
        drain()
        smtp_sink.captured.clear()
        assert BUTTON in mine.get("/account/").content.decode()
        assert "We have sent a confirmation email to newcomer@example.org" in press(mine)
        assert owes("email.notice", about=newcomer).count() == 1
        drain()
        [link] = links(smtp_sink)
        assert [each.recipient for each in smtp_sink.captured] == [newcomer.email]
        for _ in range(2):
            assert mine.post(link).status_code == 200
            drain()
        newcomer.refresh_from_db()
        assert newcomer.email_confirmed_at
        assert ["Welcome" in str(each.message["Subject"]) for each in smtp_sink.captured] == [False, True]

    def test_is_one_mail_a_day_however_often_it_is_asked_for(self, mine: Client, smtp_sink: Sink) -> None:
        drain()
        for _ in range(5):
            said = press(mine)
            drain()
        assert "already sent it today" in said
        assert len(links(smtp_sink)) == 2
        Notice.objects.filter(subject_key__startswith="again:").update(subject_key="again:2026-01-02")
        press(mine)
        drain()
        assert len(links(smtp_sink)) == 3

    def test_is_not_sent_twice_after_a_pause_of_the_mail_server(self, mine: Client, faulty: FaultyServer) -> None:
        faulty.faults = {"banner": CUT}
        drain()
        assert "already sent it today" in press(mine)
        faulty.heal()
        Effect.objects.filter(finished_at=None).update(state="ready")
        drain()
        assert len(faulty.accepted) == 1
        assert Notice.objects.get().state == "sent"

    def test_is_owed_while_the_broker_is_away(self, mine: Client) -> None:
        Effect.objects.all().delete()
        with broker_down():
            assert "We have sent a confirmation email" in press(mine)
        assert owes("email.notice").count() == 1

    def test_is_not_sent_once_the_address_is_confirmed(self, mine: Client, newcomer: User, smtp_sink: Sink) -> None:
        drain()
        press(mine)
        newcomer.confirm_address(newcomer.email)
        drain()
        assert len(links(smtp_sink)) == 1
        assert Notice.objects.get(subject_key__startswith="again:").state == "skipped"
        assert BUTTON not in mine.get("/account/").content.decode()
        assert "Your address is already confirmed" in press(mine)
        assert Notice.objects.filter(kind="address").count() == 2

    def test_does_not_trouble_a_stranger_who_said_stop(self, mine: Client, smtp_sink: Sink) -> None:
        drain()
        [stop] = re.findall(r"127\.0\.0\.1:8000(/notices/\S+)", smtp_sink.captured[0].body("plain"))
        Client().post(stop)
        press(mine)
        drain()
        assert len(smtp_sink.captured) == 1
        asked = Notice.objects.get(subject_key__startswith="again:")
        assert (asked.state, asked.error) == ("suppressed", "opted out")

    @pytest.mark.parametrize("via", [via for via in RegisteredVia.values if via != RegisteredVia.SITE])
    def test_is_nothing_for_accounts_that_others_made(self, via: str) -> None:
        client = Client()
        client.force_login(User.objects.create_user("quiet", "quiet@example.org", registered_via=via))
        assert BUTTON not in client.get("/account/").content.decode()
        assert "Your address is already confirmed" in press(client)
        assert not Notice.objects.exists()


class TestTheDoor:
    def test_opens_to_its_own_form_of_whoever_is_signed_in(self, mine: Client, newcomer: User) -> None:
        assert mine.get(PATH).status_code == 405
        assert Client().post(PATH)["Location"] == f"/login/?next={PATH}"
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(newcomer)
        assert strict.post(PATH).status_code == 403
        assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestPressesAtOnce:
    def test_owe_one_mail(self, newcomer: User, smtp_sink: Sink) -> None:
        drain()
        connection.close()
        clients = [Client() for _ in range(8)]
        for client in clients:
            client.force_login(newcomer)
        answers = at_once(*(partial(client.post, PATH) for client in clients))
        assert [answer.status_code for answer in answers] == [302] * 8
        drain()
        assert len(links(smtp_sink)) == 2
        assert Notice.objects.filter(kind="address", state=SubmissionState.SENT).count() == 2
