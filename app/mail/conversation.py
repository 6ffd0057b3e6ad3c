"""One SMTP dialogue, in which every phase has a name, a time of its own, and one kind of failure."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.mail.addresses import is_international
from app.mail.errors import Rejected, Unknown, Unreachable
from app.mail.server import Server

SECONDS = {
    "connect": 10.0, "greeting": 10.0, "ehlo": 10.0, "starttls": 10.0, "auth": 15.0, "mail": 10.0, "rcpt": 15.0,
    "data": 10.0, "body": 20.0, "reply": 30.0, "quit": 1.0,
}  # fmt: skip
LONGEST_REPLY = 16 * 1024
STATUS = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}(?= |$)")
SERVICE_CLOSING = 421
NO_SMTPUTF8 = Rejected(553, permanent=True, phase="rcpt", status="5.6.7")


class Conversation(smtplib.SMTP):
    """smtplib's dialogue with a time limit for each phase, even when the server sends one byte a second."""

    def __init__(self, server: Server, *, give_up_at: float, seconds: dict[str, float] | None = None) -> None:
        name = socket.gethostname()
        super().__init__(local_hostname=name if "." in name else "[127.0.0.1]")
        self.server = server
        self.give_up_at = give_up_at
        self.seconds = {**SECONDS, **(seconds or {})}
        self.sent = 0
        self._until = 0.0
        self._unread = b""

    def begin(self) -> None:
        """Connect, greet, secure and sign in. If STARTTLS was asked for and fails, nothing is sent."""
        with self._phase("connect"):
            self.sock = self._get_socket(self.server.host, self.server.port, self._left())
            self._host = self.server.host
        with self._phase("greeting"):
            self._expect(self.getreply(), {220}, "greeting")
        self._greet()
        if self.server.starttls:
            self._secure()
            self._greet()
        if self.server.username:
            self._sign_in()

    def envelope(self, sender: str, recipient: str, size: int) -> None:
        """Name the sender and the one recipient."""
        options = self._options(sender, recipient, size)
        with self._phase("mail"):
            self._expect(self.mail(sender, options), {250}, "mail")
        with self._phase("rcpt"):
            self._expect(self.rcpt(recipient), {250, 251}, "rcpt")

    @property
    def pipelines(self) -> bool:
        """Return whether the server takes commands whose answers were not waited for (RFC 2920)."""
        return bool(self.has_extn("pipelining"))

    def ask(self, sender: str, recipient: str, size: int) -> None:
        """Send envelope and DATA at once, to a server that pipelines; granted() reads the answers."""
        with self._phase("mail"):
            self.send(self._asking(sender, recipient, size))

    def granted(self) -> None:
        """Read the three answers to what was asked."""
        # In a group, a refusal leaves the answers behind it to be read; a server that closes sends none.
        replies = []
        for phase, good in (("mail", {250}), ("rcpt", {250, 251}), ("data", {354})):
            with self._phase(phase):
                replies.append((self.getreply(), good, phase))
            if replies[-1][0][0] == SERVICE_CLOSING:
                break
        is_refused = any(reply[0] not in good for reply, good, _ in replies)
        if is_refused and replies[-1][0][0] == 354:
            # It waits for a message all the same. A dot could send an empty one to whom it did take.
            self.close()
        for reply, good, phase in replies:
            self._expect(reply, good, phase)

    def message(self, wire: bytes) -> None:
        """Send the message's bytes, dots already doubled, and wait for the answer to the last dot."""
        self.begin_data()
        self.body(wire)
        self.dot()

    def begin_data(self) -> None:
        with self._phase("data"):
            self._expect(self.docmd("DATA"), {354}, "data")

    def body(self, wire: bytes) -> None:
        with self._phase("body"):
            self.send(wire)
            self._check_connected()

    def dot(self, following: tuple[str, str, int] | None = None) -> None:
        """End the message and wait for the answer. What follows is asked with the same octets, where the server pipelines.

        Raises Rejected, or Unknown where the server may have the message.
        """
        try:
            with self._phase("reply"):
                self.send(b".\r\n" + (self._asking(*following) if following else b""))
                reply = self.getreply()
        except Unreachable:
            raise Unknown from None
        if not 200 <= reply[0] < 600:
            raise Unknown
        self._expect(reply, {250}, "reply")
        self.sent += 1

    def reset(self) -> None:
        with self._phase("mail"):
            self._expect(self.docmd("RSET"), {250}, "mail")
        self.command_encoding = "ascii"

    def is_quiet(self) -> bool:
        """Return whether the server is still there, and has said nothing since its last answer, as when it closes."""
        if self.sock is None or self._unread:
            return False
        self.sock.setblocking(False)
        try:
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def is_alive(self) -> bool:
        """Ask the server whether it is still there."""
        try:
            with self._phase("quit"):
                return self.docmd("NOOP")[0] == 250
        except Unreachable:
            return False

    def leave(self) -> None:
        """Say goodbye where that is quick, and close."""
        try:
            with self._phase("quit"):
                if self.sock:
                    self.docmd("QUIT")
        except Unreachable:
            return
        finally:
            self.close()

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        if self.sock:
            self.sock.settimeout(self._left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        lines: list[bytes] = []
        while True:
            line = self._line()
            lines.append(line[4:].strip())
            if line[3:4] != b"-" or not line[:3].isdigit():
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join(lines)

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            if not self.sock or len(self._unread) > LONGEST_REPLY:
                raise smtplib.SMTPServerDisconnected
            self.sock.settimeout(self._left())
            received = self.sock.recv(4096)
            if not received:
                raise smtplib.SMTPServerDisconnected
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _options(self, sender: str, recipient: str, size: int) -> list[str]:
        options = [f"SIZE={size}"] if self.has_extn("size") else []
        if is_international(sender + recipient):
            if not self.has_extn("smtputf8"):
                raise NO_SMTPUTF8
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        return options

    def _asking(self, sender: str, recipient: str, size: int) -> bytes:
        options = "".join(f" {each}" for each in self._options(sender, recipient, size))
        return f"MAIL FROM:<{sender}>{options}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        # The last dot travels alone: with Nagle it would wait 40 ms for the acknowledgement of the body.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.server.tls:
            return plain
        return self._encrypted(plain)

    def _encrypted(self, plain: socket.socket | None) -> ssl.SSLSocket:
        if plain is None:
            raise smtplib.SMTPServerDisconnected
        plain.settimeout(self._left())
        return self.server.context().wrap_socket(plain, server_hostname=self.server.host)

    def _greet(self) -> None:
        with self._phase("ehlo"):
            reply = self.ehlo()
            self._expect(reply if reply[0] == 250 else self.helo(), {250}, "ehlo")

    def _secure(self) -> None:
        with self._phase("starttls"):
            if not self.has_extn("starttls"):
                raise Rejected(502, permanent=True, phase="starttls")
            self._expect(self.docmd("STARTTLS"), {220}, "starttls")
            # Replies injected in clear behind the 220 must not be read as if TLS had protected them (CVE-2011-0411).
            self._unread = b""
            self.sock = self._encrypted(self.sock)
            self.esmtp_features = {}

    def _sign_in(self) -> None:
        with self._phase("auth"):
            try:
                self.login(self.server.username, self.server.password)
            except smtplib.SMTPResponseException as error:
                raise Rejected(error.smtp_code, permanent=error.smtp_code >= 500, phase="auth") from None
            except smtplib.SMTPServerDisconnected:
                raise
            except smtplib.SMTPException:
                raise Rejected(504, permanent=True, phase="auth") from None

    def _check_connected(self) -> None:
        """Notice a server that left or refused during the body, while it certainly does not have the whole message."""
        if self.sock is None or isinstance(self.sock, ssl.SSLSocket):
            return
        self.sock.setblocking(False)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        code, _ = self.getreply()
        self.close()
        raise Rejected(code, permanent=code >= 500, phase="body")

    def _expect(self, reply: tuple[int, bytes], good: set[int], phase: str) -> None:
        code, text = reply
        if code in good:
            return
        if code == SERVICE_CLOSING:
            self.close()
        status = STATUS.match(text.decode("ascii", "replace"))
        raise Rejected(code, permanent=500 <= code < 600, phase=phase, status=status.group() if status else "")

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        now = time.monotonic()
        limit = now + self.seconds[name]
        self._until = limit if name in {"reply", "quit"} else min(limit, self.give_up_at)
        try:
            yield
        except (OSError, smtplib.SMTPServerDisconnected):
            self.close()
            raise Unreachable(name) from None

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
