"""Mail servers on loopback: one that takes everything and checks it, one that fails as it is told."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from app.mail.kept_connections import CONNECTIONS

LIMIT = 998


@dataclass(frozen=True)
class Captured:
    """One message as it came over the wire."""

    sender: str
    recipient: str
    data: bytes
    connection: int

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass
class Sink:
    """A real SMTP server. `refuse` may answer a recipient with a reply of its own."""

    captured: list[Captured] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda recipient: None
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Captured]:
        return [each for each in self.captured if each.recipient == address]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        refusal = self.refuse(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        data = envelope.original_content
        assert isinstance(data, bytes)
        for recipient in envelope.rcpt_tos:
            self.captured.append(Captured(str(envelope.mail_from), recipient, data, id(session)))
        return "250 OK"


def check(captured: Captured) -> None:
    """Demand what RFC 5322 demands of every message (standards M1)."""
    message = captured.message
    assert [part.defects for part in message.walk() if part.defects] == []
    for name in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
        assert len(message.get_all(name, [])) == 1, name
        assert message[name].defects == () or not captured.recipient.isascii(), name
    assert not re.search(rb"\0|\r(?!\n)|(?<!\r)\n", captured.data)
    assert max(map(len, captured.data.split(b"\r\n"))) <= LIMIT
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


class SinkController(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, decode_data=False, ident="sink")

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def smtp_sink(settings: Settings) -> Iterator[Sink]:
    """Yield the server to which all mail of the test goes; at the end every message is checked."""
    sink = Sink()
    controller = SinkController(sink, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        sink.port = controller.port
        settings.EMAIL_URL = sink.url
        yield sink
    finally:
        CONNECTIONS.close()
        controller.stop()
    for captured in sink.captured:
        check(captured)


HANG = "hang"
CUT = "cut"
RESET = "reset"
Fault = str | Callable[[str], str | None]


class Broken(Exception):
    """The script says that the connection ends here."""


class FaultyServer(socketserver.ThreadingTCPServer):
    """A scripted SMTP server. `faults` maps a phase to a reply, HANG, CUT, RESET, or a function of the command."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.faults: dict[str, Fault] = {}
        self.extensions: list[str] = ["SMTPUTF8", "8BITMIME"]
        self.accepted: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def heal(self) -> None:
        self.faults = {}


class Dialogue(socketserver.StreamRequestHandler):
    server: FaultyServer

    def handle(self) -> None:
        self.server.connections += 1
        self.has_sender = self.is_addressed = False
        try:
            self.answer("banner", "", "220 faulty ESMTP")
            while line := self.rfile.readline():
                self.command(line.decode("utf-8", "replace").strip())
        except (Broken, OSError):
            return

    def command(self, line: str) -> None:
        self.server.commands.append(line)
        verb = line.split(" ")[0].split(":")[0].lower()
        if verb == "ehlo":
            lines = ["faulty", *self.server.extensions]
            self.answer(
                "ehlo", line, "\r\n".join(f"250{'-' if n < len(lines) else ' '}{text}" for n, text in enumerate(lines, 1))
            )
        elif verb == "data":
            if self.answer("data", line, "354 go on" if self.is_addressed else "554 5.5.1 no recipients").startswith("354"):
                self.message()
        else:
            reply = self.answer("ehlo" if verb == "helo" else verb, line, "221 bye" if verb == "quit" else "250 OK")
            if verb in {"mail", "rset"}:
                self.has_sender, self.is_addressed = verb == "mail" and reply.startswith("25"), False
            elif verb == "rcpt":
                self.is_addressed = self.has_sender and reply.startswith("25")

    def message(self) -> None:
        if "body" in self.server.faults:
            self.rfile.read(10)
            self.fault(str(self.server.faults["body"]))
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Broken
            lines.append(line[1:] if line.startswith(b".") else line)
        fault = self.server.faults.get("dot", "250 taken")
        if not str(fault).startswith(("4", "5")):
            self.server.accepted.append(b"".join(lines))
        self.fault(str(fault))

    def answer(self, phase: str, line: str, reply: str) -> str:
        fault = self.server.faults.get(phase)
        chosen = (fault(line) if callable(fault) else fault) or reply
        self.fault(chosen)
        return chosen

    def fault(self, what: str) -> None:
        if what == HANG:
            self.server.over.wait(30)
            raise Broken
        if what == RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if what in {CUT, RESET}:
            self.connection.close()
            raise Broken
        self.wfile.write(f"{what}\r\n".encode())
        if what.startswith("421"):
            raise Broken


@pytest.fixture
def faulty(settings: Settings) -> Iterator[FaultyServer]:
    """Yield a server that fails as its `faults` say."""
    server = FaultyServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.EMAIL_URL = server.url
    try:
        yield server
    finally:
        server.over.set()
        CONNECTIONS.close()
        server.shutdown()
        server.server_close()
        thread.join(5)
