"""A letter to many, encoded once: for each reader only what differs is put between its octets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from app.mail.addresses import for_smtp, is_international
from app.mail.dkim_keys import signing_keys
from app.mail.dkim_signing import canonical_body, signatures
from app.mail.errors import BadMessage
from app.mail.message import Letter, addressed, encode, one_line, unsigned
from app.mail.wire import Parcel, packed, to_wire

# What needs no encoding in a body, in HTML, in an address of a page, or in a header.
PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,72}")
PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
LINE = 78
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """What differs from reader to reader. `token` is the secret of their links."""

    email: str
    name: str
    token: str
    message_id: str


Write = Callable[[Addressee], Letter]


class Spliced:
    """Octets with places in them. `names` gives the name of each place, by what is there now."""

    def __init__(self, octets: bytes, names: Mapping[bytes, str]) -> None:
        parts = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", octets)
        self._fixed, self.names = parts[::2], [names[mark] for mark in parts[1::2]]

    def with_values(self, values: Mapping[str, bytes]) -> bytes:
        """Return the octets with these values in their places."""
        pieces = [self._fixed[0]]
        for name, fixed in zip(self.names, self._fixed[1:], strict=True):
            pieces += (values[name], fixed)
        return b"".join(pieces)


class Compiled:
    """One letter to many readers. `write` returns the letter to one of them: only links with the token differ in its text."""

    def __init__(self, write: Write) -> None:
        self._write = write
        model = _model()
        mail = unsigned(write(model), at=LONG_AGO, apart=model.token)
        self.sender = mail.sender
        marks = {
            "to": f"To: {model.email}\r\n", "date": f"Date: {format_datetime(LONG_AGO)}\r\n",
            "message_id": f"Message-ID: {model.message_id}\r\n", "token": model.token,
        }  # fmt: skip
        names = {mark.encode(): name for name, mark in marks.items()}
        self._wire = Spliced(to_wire(mail.data), names)
        if not {"to", "date", "message_id"} <= set(self._wire.names):
            raise BadMessage("a header that differs for each reader is missing")
        # What is hashed of the body is made canonical once: no token has a space.
        head, _, body = mail.data.partition(b"\r\n\r\n")
        self._head, self._canonical_body = Spliced(head + b"\r\n", names), Spliced(canonical_body(body), names)

    def parcel_for(self, reader: Addressee, *, at: datetime) -> Parcel:
        """Return this reader's copy. Raises BadAddress, BadMessage."""
        recipient = for_smtp(reader.email)
        if is_international(recipient) or not (PLAIN_TOKEN.fullmatch(reader.token) and MESSAGE_ID.fullmatch(reader.message_id)):
            return packed(encode(self._write(reader), at=at))
        values = {
            "to": _to(recipient, reader.name), "date": f"Date: {format_datetime(at)}\r\n".encode(),
            "message_id": f"Message-ID: {reader.message_id}\r\n".encode(), "token": reader.token.encode(),
        }  # fmt: skip
        wire = self._wire.with_values(values)
        if signing_keys():
            wire = signatures(self._head.with_values(values), self._canonical_body.with_values(values)) + wire
        return Parcel(sender=self.sender, recipient=recipient, wire=wire)


def _model() -> Addressee:
    """Return a reader whose texts occur nowhere else."""
    mark = secrets.token_hex(16)
    return Addressee(email=f"{mark}@example.org", name="", token=f"t{mark}", message_id=f"<m{mark}@example.org>")


def _to(recipient: str, name: str) -> bytes:
    name = one_line(name)
    line = f"To: {name} <{recipient}>" if name else f"To: {recipient}"
    if not name or (PLAIN_NAME.fullmatch(name) and len(line) <= LINE):
        return f"{line}\r\n".encode()
    return addressed(recipient, name).encode()
