"""A mail server on loopback that delivers nothing: each message becomes a file, shown at /studio/mailbox/."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 5_000
LARGEST = 32 * 2**20


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """The mail server, as one of the bundled servers."""

    port: int
    name: str = "mailbox"
    user: None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def needs(self) -> list[Path]:
        return []

    def prepare(self) -> None:
        """Need nothing."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tools.devserver.mailbox"]

    def ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(4).startswith(b"220")
        except OSError:
            return False


@dataclass
class Sink:
    """What aiosmtpd asks: store the message, or say why not."""

    folder: Path
    stored: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        try:
            self.store(envelope)
        except OSError as error:
            return f"452 4.3.1 Cannot store: {error.strerror}"
        return "250 2.0.0 Stored"

    def store(self, envelope: Envelope) -> None:
        """Write the message whole or not at all, with its envelope on top."""
        name = f"{time.time_ns() // 1000}-{secrets.token_hex(4)}.eml"
        fresh = self.folder / f".{name}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_header("X-Envelope-From", envelope.mail_from or "<>"))
            file.write(_header("X-Envelope-To", ", ".join(envelope.rcpt_tos)))
            file.write(envelope.original_content or b"")
        fresh.rename(self.folder / name)
        if self.stored % 100 == 0:
            self.tidy()
        self.stored += 1

    def tidy(self) -> None:
        """Keep the newest only."""
        for path in sorted(self.folder.glob("*.eml"))[:-KEPT]:
            path.unlink(missing_ok=True)


def _header(name: str, value: str) -> bytes:
    words = "".join(character for character in value if character.isprintable())
    return f"{name}: {words}\r\n".encode()


def open_mailbox(folder: Path, port: int) -> Controller:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Controller(
        Sink(folder), hostname="127.0.0.1", port=port, data_size_limit=LARGEST, enable_SMTPUTF8=True, ident="Afterword mailbox"
    )


def main() -> None:
    from config import env

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    values = env.read()
    controller = open_mailbox(values.data_dir / "mailbox", values.mailbox_port)
    controller.start()
    ended.wait()
    controller.stop()


if __name__ == "__main__":
    main()
