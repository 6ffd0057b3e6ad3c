"""What a mail server hands over by LMTP: taken where it is ours, and answered once it is stored."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import smtplib
import socket
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from app.mail.return_path import return_path
from app.newsletter import bounce_inlet
from app.newsletter.bounce_inlet import Inlet, open_inlet
from app.newsletter.models import Bounce, Delivery, Subscriber
from tests.mail.reports import COMPLAINT, EXCHANGE, GMAIL, POSTFIX, VACATION, written
from tests.newsletter.test_bounces import delivery, reader
from tests.servers import unused_port
from tests.waiting import wait_until

__all__ = ["delivery", "reader"]
pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
ADDRESS = "bounces@mail.afterword.example"


@pytest.fixture(autouse=True)
def bounce_address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = ADDRESS


def hand_over(octets: bytes, *recipients: str, smtp: bool = False, inlet: Inlet | None = None) -> list[int]:
    """Return the codes of a conversation on loopback: one for each recipient, and one for the message where any was taken.

    Bodies run in this thread, and so in the transaction of the test.
    """

    async def talk() -> list[int]:
        server = await open_inlet(inlet or Inlet(), "127.0.0.1", 0, smtp=smtp)
        try:
            return await asyncio.to_thread(_converse, server.sockets[0].getsockname()[1], octets, recipients, smtp)
        finally:
            server.close()

    return async_to_sync(talk)()


def _converse(port: int, octets: bytes, recipients: tuple[str, ...], smtp: bool) -> list[int]:
    kind = smtplib.SMTP if smtp else smtplib.LMTP
    with kind("127.0.0.1", port, local_hostname="mx.example.org", **({"timeout": 10} if smtp else {})) as client:
        client.ehlo_or_helo_if_needed()
        codes = [client.mail("")[0], *(client.rcpt(each)[0] for each in recipients)][1:]
        return [*codes, client.data(octets)[0]] if 250 in codes else codes


class TestAReport:
    @pytest.mark.parametrize("text", [POSTFIX, EXCHANGE, GMAIL], ids=["postfix", "exchange", "gmail"])
    def test_counts_once_it_is_answered(self, text: str, delivery: Delivery, reader: Subscriber) -> None:
        assert hand_over(written(text), return_path(delivery.pk)) == [250, 250]
        reader.refresh_from_db()
        assert (reader.state, Bounce.objects.get().status) == ("bounced", "5.1.1")

    def test_comes_by_smtp_as_well(self, delivery: Delivery, reader: Subscriber) -> None:
        assert hand_over(written(POSTFIX), return_path(delivery.pk).upper(), smtp=True) == [250, 250]
        assert Bounce.objects.get().kind == "gone"

    def test_of_a_complaint_comes_to_the_address_itself(self, delivery: Delivery, reader: Subscriber) -> None:
        octets = written(COMPLAINT, about=delivery.message_id, action="abuse")
        assert hand_over(octets, ADDRESS) == [250, 250]
        reader.refresh_from_db()
        assert reader.state == "unsubscribed"

    def test_that_is_handed_over_twice_counts_once(self, delivery: Delivery) -> None:
        for _ in range(2):
            assert hand_over(written(POSTFIX), return_path(delivery.pk)) == [250, 250]
        assert Bounce.objects.count() == 1


class TestAForgery:
    def test_is_refused_at_its_address(self) -> None:
        forged = return_path(7).replace("+7-", "+8-")
        others = [forged, "bounces+7@mail.afterword.example", "ann@mail.afterword.example", "bounces@elsewhere.example"]
        assert hand_over(written(POSTFIX), *others) == [550] * 4

    def test_about_no_message_of_ours_is_refused_at_the_bare_address(self, delivery: Delivery, reader: Subscriber) -> None:
        assert hand_over(written(COMPLAINT, about="<guessed@afterword.example>", action="abuse"), ADDRESS) == [250, 550]
        assert hand_over(b"Subject: Buy\r\n\r\nnow\r\n", ADDRESS) == [250, 550]
        assert not Bounce.objects.exists()

    def test_that_is_an_out_of_office_reply_is_left_aside_in_peace(self, delivery: Delivery) -> None:
        assert hand_over(written(VACATION), return_path(delivery.pk)) == [250, 250]
        assert not Bounce.objects.exists()


class TestAnAnswer:
    def failing(self, error: Exception) -> Inlet:
        def take(octets: bytes, recipient: str) -> str:
            raise error

        return Inlet(take)

    @pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("unforeseen")])
    def test_lets_the_mail_server_try_again_where_nothing_was_stored(
        self, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        assert hand_over(written(POSTFIX), return_path(7), inlet=self.failing(error)) == [250, 451]
        assert caplog.records[-1].name == "app.newsletter.bounce_inlet"

    def test_takes_recipients_one_at_a_time(self) -> None:
        taken: list[str] = []
        inlet = Inlet(lambda octets, recipient: taken.append(recipient) or "gone 5.1.1")  # type: ignore[func-returns-value]
        assert hand_over(written(POSTFIX), return_path(7), return_path(8), inlet=inlet) == [250, 452, 250]
        assert taken == [return_path(7)]

    def test_refuses_a_message_that_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bounce_inlet, "LARGEST", 10_000)
        inlet = Inlet(lambda octets, recipient: "gone 5.1.1")
        assert hand_over(b"x" * 20_000, return_path(7), inlet=inlet) == [250, 552]
        assert hand_over(b"x" * 9_000, return_path(7), inlet=inlet) == [250, 250]

    def test_names_no_address_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="app.newsletter.bounce_inlet"):
            hand_over(written(POSTFIX), return_path(7), inlet=Inlet(lambda octets, recipient: "gone 5.1.1"))
        [line] = [each for each in caplog.records if each.name == "app.newsletter.bounce_inlet"]
        assert (line.getMessage(), vars(line)["outcome"]) == ("bounce read", "gone 5.1.1")


class TestTheCommand:
    def test_needs_the_address_to_which_mail_is_returned(self, settings: Settings) -> None:
        settings.BOUNCE_ADDRESS = ""
        with pytest.raises(CommandError, match="BOUNCE_ADDRESS is not set"):
            call_command("bounces", "--listen", "127.0.0.1:1")

    def test_listens_until_it_is_ended(self) -> None:
        port, codes = unused_port(), list[int]()

        def talk_and_end() -> None:
            try:
                wait_until(lambda: _listens(port))
                with smtplib.LMTP("127.0.0.1", port, local_hostname="mx.example.org") as client:
                    codes.append(client.ehlo()[0])
                    os.kill(os.getpid(), signal.SIGTERM)
            except smtplib.SMTPServerDisconnected:
                pass

        said = StringIO()
        with ThreadPoolExecutor(1) as pool:
            talk = pool.submit(talk_and_end)
            call_command("bounces", "--listen", f"127.0.0.1:{port}", stdout=said)
            talk.result()
        assert (codes, said.getvalue()) == ([250], f"Listening on 127.0.0.1:{port}.\n")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
