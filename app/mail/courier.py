"""Hand over one message after another without waiting more often than the server makes us, never in doubt of more than one."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.mail.addresses import is_international
from app.mail.conversation import Conversation
from app.mail.errors import MailError, Rejected, Unreachable
from app.mail.kept_connections import CONNECTIONS, KeptConnections
from app.mail.server import Server
from app.mail.wire import Parcel

PER_CONNECTION = 100
PATIENCE = 25.0  # seconds


class Courier:
    """A connection that is taken from those that are kept, or opened, and kept again at the end.

    Where the server offers PIPELINING, an envelope travels with the last dot of the message before it. All phases before the
    last dot of a message end within `patience` seconds of the start.
    """

    def __init__(self, server: Server, *, patience: float = PATIENCE, kept: KeptConnections = CONNECTIONS) -> None:
        self.server = server
        self.began = time.monotonic()
        self.patience = patience
        self._kept = kept
        self._open: Conversation | None = None
        self._asked: Parcel | None = None

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def send(self, parcel: Parcel, following: Parcel | None, *, begins: Callable[[], None]) -> None:
        """Hand over one message; `following` is what will be sent next, if anything.

        `begins` is called just before the last dot: whatever it raises, the message is not sent. Raises Rejected and
        Unreachable, and Unknown after the dot.
        """
        conversation = self._ask(parcel)
        try:
            conversation.body(parcel.wire)
            begins()
            self._asked = following if self._may_follow(conversation, following) else None
            conversation.dot(_envelope(self._asked) if self._asked else None)
        except Rejected as refusal:
            if refusal.phase == "body" or conversation.sock is None:
                self.abandon()
            raise
        except BaseException:
            self.abandon()
            raise
        if conversation.sent >= PER_CONNECTION:
            self._open = None
            conversation.leave()

    def has_asked(self, parcel: Parcel) -> bool:
        """True where the server was asked for this message with the end of the one before."""
        return self._asked is parcel

    def break_off(self) -> None:
        """Give up what was asked for a message that is not to be sent now."""
        if self._asked:
            self.abandon()

    def abandon(self) -> None:
        """Close the connection, in whatever state it is."""
        self._asked = None
        if self._open:
            self._open.close()
            self._open = None

    def end(self) -> None:
        """Keep the connection for the next run, unless a message is under way on it."""
        self.break_off()
        if self._open:
            self._kept.keep(self._open)
            self._open = None

    def _ask(self, parcel: Parcel) -> Conversation:
        """Return the connection once it waits for the message's text."""
        was_used = self._connected().sent > 0
        try:
            return self._granted(parcel)
        except MailError as error:
            if not (was_used and _idled_out(error)):
                raise
        return self._granted(parcel)

    def _granted(self, parcel: Parcel) -> Conversation:
        conversation = self._connected()
        is_asked, self._asked = self._asked is parcel, None
        try:
            if not conversation.pipelines:
                conversation.envelope(*_envelope(parcel))
                conversation.begin_data()
                return conversation
            if not is_asked:
                conversation.ask(*_envelope(parcel))
            conversation.granted()
        except Rejected:
            self._reset(conversation)
            raise
        except BaseException:
            self.abandon()
            raise
        return conversation

    def _connected(self) -> Conversation:
        if self._open is None:
            give_up_at = self.began + self.patience
            self._open = self._kept.take(self.server, give_up_at=give_up_at) or _opened(self.server, give_up_at)
        return self._open

    def _reset(self, conversation: Conversation) -> None:
        """Keep the connection where the server still listens to it."""
        if conversation.sock is None:
            self.abandon()
            return
        try:
            conversation.reset()
        except MailError:
            self.abandon()

    def _may_follow(self, conversation: Conversation, following: Parcel | None) -> bool:
        if following is None or not conversation.pipelines or conversation.sent + 1 >= PER_CONNECTION:
            return False
        return not is_international(following.sender + following.recipient)


def _opened(server: Server, give_up_at: float) -> Conversation:
    conversation = Conversation(server, give_up_at=give_up_at)
    try:
        conversation.begin()
    except BaseException:
        conversation.close()
        raise
    return conversation


def _envelope(parcel: Parcel) -> tuple[str, str, int]:
    return parcel.sender, parcel.recipient, len(parcel.wire)


def _idled_out(error: MailError) -> bool:
    """True when a connection that had worked was closed between two messages."""
    return isinstance(error, Unreachable | Rejected) and error.phase == "mail" and getattr(error, "code", 421) == 421
