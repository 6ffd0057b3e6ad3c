"""Bounces that come to a mailbox: each is taken once, and what is none stays there unread."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from app.accounts.models import Role
from app.mail import imap
from app.mail.return_path import return_path
from app.newsletter import bounce_mailbox, effects
from app.newsletter.bounce_mailbox import read_bounce_mailbox
from app.newsletter.models import Bounce, BounceMailbox, Delivery, Subscriber
from config.env_values import mailbox as parsed
from owed import owe
from owed.models import Effect
from owed.testing import drain
from tests import factories
from tests.certificates import self_signed
from tests.mail.imap_server import ImapServer, imap_server
from tests.mail.reports import EXCHANGE, GMAIL, POSTFIX, written
from tests.newsletter.test_bounces import delivery, reader

__all__ = ["delivery", "reader"]
pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ImapServer]:
    settings.BOUNCE_ADDRESS = "bounces@mail.afterword.example"
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(self_signed("localhost"))
    trusting = ssl.create_default_context(cafile=str(pem))
    monkeypatch.setattr(imap, "_tls", lambda: trusting)
    with imap_server(pem) as running:
        settings.BOUNCE_MAILBOX = parsed(f"imaps://bounces:p%40ss%2Fw%C3%B6rd@localhost:{running.server_address[1]}/Bounces")
        yield running


@pytest.fixture
def three(server: ImapServer, delivery: Delivery) -> ImapServer:
    """A mailbox with two reports about one email, and advertising."""
    server.messages = {
        3: written(POSTFIX, back=return_path(delivery.pk)),
        8: b"Subject: Buy\r\n\r\nnow\r\n",
        9: written(GMAIL, about=delivery.message_id, status="5.2.2"),
    }
    return server


class TestAMailbox:
    def test_is_read_from_the_oldest_report_to_the_newest(self, three: ImapServer, reader: Subscriber) -> None:
        read_bounce_mailbox()
        reader.refresh_from_db()
        assert (reader.state, set(Bounce.objects.values_list("status", flat=True))) == ("bounced", {"5.1.1", "5.2.2"})
        assert three.fetched == [3, 8, 9]
        now = BounceMailbox.now()
        assert (now.taken, now.last_uid, now.trouble) == (2, 9, "")

    def test_keeps_what_is_no_report_unread_and_names_it(self, three: ImapServer) -> None:
        read_bounce_mailbox()
        assert (three.seen, BounceMailbox.now().left) == ({3, 9}, [8])

    def test_gives_each_message_once(self, three: ImapServer, delivery: Delivery) -> None:
        read_bounce_mailbox()
        read_bounce_mailbox()
        assert three.fetched == [3, 8, 9]
        three.messages[12] = written(EXCHANGE, back=return_path(delivery.pk))
        read_bounce_mailbox()
        assert three.fetched == [3, 8, 9, 12]

    def test_that_was_made_again_is_read_again_and_nothing_counts_twice(self, three: ImapServer) -> None:
        read_bounce_mailbox()
        three.validity = 8
        read_bounce_mailbox()
        assert three.fetched == [3, 8, 9] * 2
        assert Bounce.objects.count() == 2

    def test_is_read_from_the_same_message_where_storing_it_failed(
        self, three: ImapServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(octets: bytes) -> str:
            raise OperationalError("away")

        monkeypatch.setattr(bounce_mailbox, "take_message", away)
        with pytest.raises(OperationalError):
            read_bounce_mailbox()
        monkeypatch.undo()
        assert (three.seen, BounceMailbox.now().last_uid) == (set(), 0)


class TestTrouble:
    @pytest.mark.parametrize(
        ("break_", "trouble"),
        [("p%40ss", "sign-in"), ("/Bounces", "folder"), ("@localhost", "connection"), ("", "reading")],
    )
    def test_is_shown_without_a_name_or_a_password(
        self, break_: str, trouble: str, three: ImapServer, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        three.breaks_at = "" if break_ else "UID FETCH 8"
        # The certificate does not name 127.0.0.1.
        settings.BOUNCE_MAILBOX = settings.BOUNCE_MAILBOX.replace(
            break_, {"@localhost": "@127.0.0.1", "": ""}.get(break_, f"{break_}x")
        )
        with caplog.at_level(logging.INFO):
            read_bounce_mailbox()
        now = BounceMailbox.now()
        assert (now.trouble, now.read_at, now.taken) == (trouble, None, 1 if trouble == "reading" else 0)
        said = caplog.text + str([vars(each) for each in caplog.records])
        assert not [word for word in ("p@ss", "p%40ss", "may not in", "localhost") if word in said]

    def test_that_is_over_is_forgotten(self, three: ImapServer) -> None:
        three.breaks_at = "UID SEARCH"
        read_bounce_mailbox()
        three.breaks_at = ""
        read_bounce_mailbox()
        assert (BounceMailbox.now().trouble, BounceMailbox.now().taken) == ("", 2)


class TestTheSchedule:
    def test_reads_it_in_a_worker(self, three: ImapServer) -> None:
        owe(effects.read_bounces.si())
        drain()
        assert Effect.objects.get(task="upkeep.read_bounces").state == "done"
        assert BounceMailbox.now().taken == 2

    def test_does_nothing_where_no_mailbox_is_set(self) -> None:
        read_bounce_mailbox()
        assert not BounceMailbox.objects.exists()


class TestThePageOfTheMailCheck:
    def test_shows_how_far_it_was_read(self, client: Client, three: ImapServer) -> None:
        client.force_login(factories.person("keeper", Role.EDITOR))
        assert "Not read yet" in client.get("/studio/subscribers/mail-check/").content.decode()
        read_bounce_mailbox()
        page = client.get("/studio/subscribers/mail-check/").content.decode()
        assert "2 reports were taken in all." in page
        assert "UID 8" in page
