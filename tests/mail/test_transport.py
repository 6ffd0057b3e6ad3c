"""Handing messages over, and what goes wrong in each phase."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.mail.errors import BadMessage, MailError, Rejected, Unknown, Unreachable
from app.mail.server import Server
from app.mail.transport import Transport
from tests.sinks import CUT, HANG, RESET, FaultyServer, Sink

SENDER = "post@afterword.example"
DATA = (
    b"From: post@afterword.example\r\nTo: reader@example.org\r\nSubject: Hi\r\nDate: Wed, 04 Mar 2026 05:06:07 +0000\r\n"
    b"Message-ID: <1@afterword.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\n.dots\r\n..\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b--\r\n"
)
QUICK = dict.fromkeys(("connect", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "reply"), 0.3)


@pytest.fixture
def transport(faulty: FaultyServer) -> Iterator[Transport]:
    with Transport.from_url(faulty.url, seconds=QUICK) as transport:
        yield transport


class TestATransport:
    def test_hands_over_the_octets_as_they_are(self, smtp_sink: Sink) -> None:
        with Transport.from_url(smtp_sink.url) as transport:
            transport.send(SENDER, "reader@example.org", DATA)
        [captured] = smtp_sink.captured
        assert captured.data == DATA
        assert (captured.sender, captured.recipient) == (SENDER, "reader@example.org")

    def test_keeps_one_connection_for_twenty_messages(self, smtp_sink: Sink) -> None:
        with Transport.from_url(smtp_sink.url) as transport:
            for n in range(41):
                transport.send(SENDER, f"r{n}@example.org", DATA)
        connections = [each.connection for each in smtp_sink.captured]
        assert len(smtp_sink.captured) == 41
        assert max(connections.count(each) for each in connections) <= 20

    def test_opens_anew_where_the_server_closed_between_two_messages(self, faulty: FaultyServer) -> None:
        with Transport.from_url(faulty.url) as transport:
            transport.send(SENDER, "one@example.org", DATA)
            faulty.faults = {"mail": lambda line: "421 idle" if faulty.connections == 1 else None}
            transport.send(SENDER, "two@example.org", DATA)
        assert len(faulty.accepted) == 2
        assert faulty.connections == 2

    def test_takes_back_an_offer_and_goes_on(self, faulty: FaultyServer) -> None:
        with Transport.from_url(faulty.url) as transport:
            transport.offer(SENDER, "one@example.org")
            transport.withdraw()
            transport.send(SENDER, "two@example.org", DATA)
        assert len(faulty.accepted) == 1
        assert "RSET" in [command.upper() for command in faulty.commands]

    def test_says_goodbye(self, faulty: FaultyServer) -> None:
        with Transport.from_url(faulty.url) as transport:
            transport.send(SENDER, "one@example.org", DATA)
        assert faulty.commands[-1].upper() == "QUIT"

    def test_opens_nothing_when_there_is_nothing_to_send(self, faulty: FaultyServer) -> None:
        with Transport.from_url(faulty.url):
            pass
        assert faulty.connections == 0


@pytest.mark.covers("X9")
class TestTroubleBeforeTheDot:
    @pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
    @pytest.mark.parametrize("fault", [HANG, CUT, RESET])
    def test_is_a_connection_that_failed(self, faulty: FaultyServer, transport: Transport, phase: str, fault: str) -> None:
        faulty.faults = {phase: fault}
        with pytest.raises(Unreachable) as raised:
            transport.send(SENDER, "reader@example.org", DATA)
        assert raised.value.phase in {"banner": {"connect", "greeting"}}.get(phase, {phase})
        assert faulty.accepted == []

    @pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
    @pytest.mark.parametrize(
        ("reply", "permanent"), [("451 4.7.1 greylisted", False), ("554 5.7.1 no", True), ("421 4.3.2 bye", False)]
    )
    def test_is_a_refusal_that_names_its_phase(
        self, faulty: FaultyServer, transport: Transport, phase: str, reply: str, permanent: bool
    ) -> None:
        faulty.faults = {phase: reply}
        with pytest.raises(Rejected) as raised:
            transport.send(SENDER, "reader@example.org", DATA)
        refusal = raised.value
        assert (refusal.code, refusal.permanent, refusal.phase) == (int(reply[:3]), permanent, phase)
        assert str(refusal) == f"{reply[:9]} at {phase}"
        assert faulty.accepted == []

    def test_is_final_for_a_recipient_and_never_for_the_sender(self) -> None:
        assert Rejected(550, permanent=True, phase="rcpt").final
        assert Rejected(554, permanent=True, phase="data").final
        assert Rejected(552, permanent=True, phase="mail").final
        assert not Rejected(550, permanent=True, phase="mail").final
        assert not Rejected(535, permanent=True, phase="auth").final
        assert not Rejected(451, permanent=False, phase="rcpt").final

    def test_leaves_the_connection_to_others_after_a_refused_recipient(
        self, faulty: FaultyServer, transport: Transport
    ) -> None:
        faulty.faults = {"rcpt": lambda line: "550 5.1.1 who?" if "nobody" in line else None}
        with pytest.raises(Rejected):
            transport.send(SENDER, "nobody@example.org", DATA)
        transport.send(SENDER, "somebody@example.org", DATA)
        assert len(faulty.accepted) == 1
        assert faulty.connections == 1

    @pytest.mark.parametrize("fault", [CUT, RESET, HANG])
    def test_is_certain_where_the_body_was_too_long_to_have_arrived(
        self, faulty: FaultyServer, transport: Transport, fault: str
    ) -> None:
        faulty.faults = {"body": fault}
        with pytest.raises(Unreachable):
            transport.send(SENDER, "reader@example.org", DATA + (b"x" * 900 + b"\r\n") * 12_000)
        assert faulty.accepted == []

    def test_ends_in_time_when_the_server_sends_a_byte_now_and_then(self, faulty: FaultyServer) -> None:
        faulty.faults = {"banner": HANG}
        transport = Transport.from_url(faulty.url, patience=0.2)
        with pytest.raises(Unreachable):
            transport.send(SENDER, "reader@example.org", DATA)
        assert transport.spent < 3

    def test_is_a_closed_port(self, faulty: FaultyServer) -> None:
        faulty.shutdown()
        faulty.server_close()
        with pytest.raises(Unreachable) as raised:
            Transport.from_url(faulty.url).send(SENDER, "reader@example.org", DATA)
        assert raised.value.phase == "connect"


@pytest.mark.covers("X9")
class TestTroubleAfterTheDot:
    @pytest.mark.parametrize("fault", [CUT, RESET, HANG, "garbage"])
    def test_leaves_a_doubt(self, faulty: FaultyServer, transport: Transport, fault: str) -> None:
        faulty.faults = {"dot": fault}
        with pytest.raises(Unknown):
            transport.send(SENDER, "reader@example.org", DATA)
        assert len(faulty.accepted) == 1

    @pytest.mark.parametrize(("reply", "final"), [("451 4.3.0 later", False), ("554 5.6.0 spam", True)])
    def test_is_no_doubt_when_the_server_answers(
        self, faulty: FaultyServer, transport: Transport, reply: str, final: bool
    ) -> None:
        faulty.faults = {"dot": reply}
        with pytest.raises(Rejected) as raised:
            transport.send(SENDER, "reader@example.org", DATA)
        assert raised.value.final is final
        faulty.heal()
        transport.send(SENDER, "reader@example.org", DATA)
        assert faulty.connections == 1


class TestAnAddress:
    @pytest.mark.parametrize(
        "evil",
        ["a@example.org>\r\nDATA", "a@example.org\nRCPT TO:<b@example.org>", "a@example.org> SIZE=1", "a\0@example.org", ""],
    )
    def test_cannot_carry_a_command(self, faulty: FaultyServer, transport: Transport, evil: str) -> None:
        with pytest.raises(Rejected) as raised:
            transport.send(SENDER, evil, DATA)
        assert raised.value.phase == "address"
        assert raised.value.final
        assert faulty.connections == 0

    def test_beyond_ascii_goes_to_servers_that_can(self, faulty: FaultyServer, transport: Transport) -> None:
        transport.send(SENDER, "käthe@example.org", DATA)
        assert "SMTPUTF8" in next(command for command in faulty.commands if command.lower().startswith("mail"))

    def test_beyond_ascii_is_refused_cleanly_where_the_server_cannot(self, faulty: FaultyServer, transport: Transport) -> None:
        faulty.extensions = []
        with pytest.raises(Rejected) as raised:
            transport.send(SENDER, "käthe@example.org", DATA)
        assert raised.value.final
        transport.send(SENDER, "kaethe@example.org", DATA)
        assert len(faulty.accepted) == 1


class TestTheOctets:
    @pytest.mark.parametrize("evil", [b"a\n.\nb\r\n", b"a\r.\rb\r\n", b"a\0b\r\n", b"x" * 999 + b"\r\n", b"no end"])
    def test_cannot_smuggle_a_second_message(self, faulty: FaultyServer, transport: Transport, evil: bytes) -> None:
        with pytest.raises(BadMessage):
            transport.send(SENDER, "reader@example.org", evil)
        assert faulty.accepted == []

    def test_may_begin_with_a_dot_and_be_998_long(self, faulty: FaultyServer, transport: Transport) -> None:
        transport.send(SENDER, "reader@example.org", b".\r\n..\r\n" + b"." * 998 + b"\r\n")
        assert faulty.accepted == [b".\r\n..\r\n" + b"." * 998 + b"\r\n"]


class TestStartTls:
    """Asked for and not to be had: the mail stays here, in clear nothing is said."""

    @pytest.mark.parametrize("extensions", [[], ["STARTTLS"]])
    def test_never_falls_back(self, faulty: FaultyServer, extensions: list[str]) -> None:
        faulty.extensions = extensions
        faulty.faults = {"starttls": "454 4.7.0 not now"}
        url = faulty.url.replace("smtp://", "smtp+tls://user:secret@")
        with Transport.from_url(url) as transport, pytest.raises(Rejected) as raised:
            transport.send(SENDER, "reader@example.org", DATA)
        assert raised.value.phase == "starttls"
        assert not any(command.lower().startswith(("mail", "auth")) for command in faulty.commands)

    def test_that_breaks_in_the_handshake_is_a_failed_connection(self, faulty: FaultyServer) -> None:
        faulty.extensions = ["STARTTLS"]
        faulty.faults = {"starttls": "220 go on"}
        url = faulty.url.replace("smtp://", "smtp+tls://user:secret@")
        with Transport.from_url(url, seconds=QUICK) as transport, pytest.raises(MailError):
            transport.send(SENDER, "reader@example.org", DATA)
        assert not any(command.lower().startswith(("mail", "auth")) for command in faulty.commands)
        assert faulty.accepted == []

    def test_checks_the_servers_name(self) -> None:
        context = Server.from_url("smtp+tls://mail.example:587").context()
        assert context.check_hostname
        assert context.verify_mode == ssl.CERT_REQUIRED


class TestAnEmailUrl:
    def test_names_host_port_user_and_protection(self) -> None:
        server = Server.from_url("smtps://me%40x:p%3Aw@mail.example")
        assert (server.host, server.port, server.username, server.password) == ("mail.example", 465, "me@x", "p:w")
        assert server.tls
        assert "p:w" not in repr(server)

    def test_is_refused_for_another_protocol(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="smtp"):
            Server.from_url(tmp_path.as_uri())
