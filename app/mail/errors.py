"""How handing over a message can fail. The server's text is not kept: it may contain an address."""

from __future__ import annotations

# RFC 3463 and 7505: the recipient's mailbox or its host does not exist. 5.1.7 and 5.1.8 are about the sender, 5.1.0 may be;
# a full mailbox (5.2.2) or a policy (5.7.1) may pass.
NO_SUCH_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
FINAL_PHASES = frozenset({"address", "rcpt", "data", "reply"})
TOO_LARGE = 552


class MailError(Exception):
    """The message was not handed over."""


class Rejected(MailError):
    """The server said no, and so did not take the message. `phase` is where, `status` its enhanced code (RFC 3463)."""

    def __init__(self, code: int, permanent: bool, phase: str, status: str = "") -> None:
        super().__init__(code, permanent, phase, status)
        self.code = code
        self.permanent = permanent
        self.phase = phase
        self.status = status

    def __str__(self) -> str:
        return " ".join(filter(None, [str(self.code), self.status, f"at {self.phase}"]))

    @property
    def final(self) -> bool:
        """True when this message can never reach this recipient; a refused sender or sign-in is for the operator to fix."""
        return self.permanent and (self.phase in FINAL_PHASES or self.code == TOO_LARGE)

    @property
    def no_such_mailbox(self) -> bool:
        """True when the address itself is at fault: no other message will reach it either."""
        return self.final and self.status in NO_SUCH_MAILBOX


class Unreachable(MailError):
    """The connection failed before the message ended, so the server does not have it. Try again later."""

    def __init__(self, phase: str) -> None:
        super().__init__(phase)
        self.phase = phase

    def __str__(self) -> str:
        return f"no connection at {self.phase}"


class Unknown(MailError):
    """The connection failed between the message's end and the answer: the server may have it or not."""

    def __init__(self, phase: str = "after-dot") -> None:
        super().__init__(phase)
        self.phase = phase

    def __str__(self) -> str:
        return f"no answer {self.phase}"


class BadMessage(MailError, ValueError):
    """The message cannot travel by SMTP: a bare CR, LF or NUL, or a line over 998 octets."""


class BadAddress(MailError, ValueError):
    """The text is not an address that may appear in an SMTP command."""
