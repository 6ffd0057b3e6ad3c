"""The octets that follow DATA."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mail.errors import BadMessage
from app.mail.message import Mail

UNSENDABLE = re.compile(rb"\0|\r(?!\n)|(?<!\r)\n")
LONGEST_LINE = 998


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """An envelope and its octets as they travel, dots already doubled."""

    sender: str
    recipient: str
    wire: bytes


def packed(mail: Mail) -> Parcel:
    """Return the mail as it travels. Raises BadMessage."""
    return Parcel(sender=mail.sender, recipient=mail.recipient, wire=to_wire(mail.data))


def to_wire(data: bytes) -> bytes:
    """Return the bytes to send, dots doubled (RFC 5321, 4.5.2). Raises BadMessage."""
    if UNSENDABLE.search(data) or not data.endswith(b"\r\n") or max(map(len, data.split(b"\r\n"))) > LONGEST_LINE:
        raise BadMessage("a bare CR, LF or NUL, or a line over 998 octets")
    wire = data.replace(b"\r\n.", b"\r\n..")
    return b"." + wire if wire.startswith(b".") else wire
