"""Hand messages to an SMTP server over one connection, knowing at every moment whether it can have them."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from app.mail.addresses import for_smtp
from app.mail.conversation import Conversation
from app.mail.errors import BadAddress, MailError, Rejected, Unreachable
from app.mail.server import Server
from app.mail.wire import to_wire

PER_CONNECTION = 20
PATIENCE = 25.0  # seconds


class Transport:
    """A connection that opens when first needed and is renewed every 20 messages.

    All phases before the final dot end within `patience` seconds of the start, so that with the 30 seconds of the last
    answer an effect of 60 seconds always ends by itself.
    """

    def __init__(self, server: Server, *, patience: float = PATIENCE, seconds: dict[str, float] | None = None) -> None:
        self.server = server
        self.began = time.monotonic()
        self.patience = patience
        self.seconds = seconds
        self._open: Conversation | None = None

    @classmethod
    def from_url(cls, url: str, *, patience: float = PATIENCE, seconds: dict[str, float] | None = None) -> Self:
        return cls(Server.from_url(url), patience=patience, seconds=seconds)

    def send(self, sender: str, recipient: str, data: bytes) -> None:
        """Hand over one message. Raises Rejected or Unreachable before the dot, Unknown after it."""
        self.offer(sender, recipient, size=len(data))
        self.hand_over(data)

    def offer(self, sender: str, recipient: str, *, size: int = 0) -> None:
        """Ask whether the server would take this; nothing is sent yet. Raises Rejected, Unreachable."""
        sender, recipient = _address(sender), _address(recipient)
        used = self._open is not None and self._open.sent > 0
        try:
            self._offer(sender, recipient, size)
        except MailError as error:
            if not (used and _idled_out(error)):
                raise
            self._offer(sender, recipient, size)

    def hand_over(self, data: bytes) -> None:
        """Send what was offered. Raises Rejected, Unreachable, Unknown, BadMessage."""
        wire = to_wire(data)
        conversation = self._conversation()
        try:
            conversation.message(wire)
        except MailError as error:
            self._settle(error)
            raise
        if conversation.sent >= PER_CONNECTION:
            self.close()

    def withdraw(self) -> None:
        """Take back an offer."""
        if self._open:
            try:
                self._open.reset()
            except MailError:
                self._drop()

    def close(self) -> None:
        if self._open:
            self._open.leave()
            self._open = None

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _offer(self, sender: str, recipient: str, size: int) -> None:
        try:
            self._conversation().envelope(sender, recipient, size)
        except MailError as error:
            self._settle(error)
            raise

    def _conversation(self) -> Conversation:
        if not self._open:
            conversation = Conversation(self.server, give_up_at=self.began + self.patience, seconds=self.seconds)
            try:
                conversation.begin()
            except BaseException:
                conversation.close()
                raise
            self._open = conversation
        return self._open

    def _settle(self, error: MailError) -> None:
        """Keep the connection where the server still listens to it."""
        if isinstance(error, Rejected) and self._open and self._open.sock:
            self.withdraw()
        else:
            self._drop()

    def _drop(self) -> None:
        if self._open:
            self._open.close()
            self._open = None


def _address(address: str) -> str:
    try:
        return for_smtp(address)
    except BadAddress:
        raise Rejected(553, permanent=True, phase="address", status="5.1.3") from None


def _idled_out(error: MailError) -> bool:
    """True when a connection that had worked was closed between two messages."""
    return isinstance(error, Unreachable | Rejected) and error.phase == "mail" and getattr(error, "code", 421) == 421
