"""What comes back of a message: a report that it was not delivered (RFC 3464), or a complaint about it (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from enum import StrEnum

from app.mail.errors import NO_SUCH_MAILBOX
from app.mail.return_path import Number, number_of

LARGEST = 200_000
"""Octets of a report that are read: the parts that matter come first."""
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
ADDRESS = re.compile(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
# What the parser raises at messages that are made to break it, such as one with a thousand parts in each other.
UNREADABLE = (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
# Where the address is to which a report was sent, as servers write it into what they deliver.
ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})


class Kind(StrEnum):
    """`gone`: no such mailbox. `failed`: not delivered, for another reason. `accepted`: delivered, or still on its way."""

    GONE = "gone"
    FAILED = "failed"
    ACCEPTED = "accepted"
    COMPLAINT = "complaint"


@dataclass(frozen=True, kw_only=True)
class Report:
    """`number` is that of the return path; `message_id` that of the message it is about. One of them is there.

    `status` is the enhanced status code (RFC 3463), such as 5.1.1, or empty.
    """

    kind: Kind
    number: Number | None
    message_id: str
    status: str = ""


def read_report(octets: bytes, *, recipient: str = "") -> Report | None:
    """Return what a message reports of one of ours. None for any other message.

    `recipient` is the address of the envelope, where the mail server says it. The number in it proves that it answers a message
    of ours; without one, only those who have the message know its Message-ID.
    """
    try:
        return _read(octets, recipient)
    except UNREADABLE:
        return None


def _read(octets: bytes, recipient: str) -> Report | None:
    message = message_from_bytes(octets[:LARGEST])
    parts = list(message.walk())
    said = _complaint(parts) or _worst(parts)
    if message.get_content_type() != "multipart/report" or said is None:
        return None
    number = _number(recipient, message, parts)
    message_id = _message_id(parts)
    kind, status = said
    return Report(kind=kind, number=number, message_id=message_id, status=status) if number or message_id else None


def _complaint(parts: list[Message]) -> tuple[Kind, str] | None:
    """Return that a reader called it spam. Other feedback, such as `not-spam`, asks for nothing."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            abusive = [block for block in _blocks(part) if _text(block, "Feedback-Type").lower() in {"abuse", "fraud"}]
            return (Kind.COMPLAINT, "") if abusive else None
    return None


def _worst(parts: list[Message]) -> tuple[Kind, str] | None:
    """Return the worst that a report says of its recipients: ours is one, and what it became belongs to the same reader."""
    outcomes = [
        outcome
        for part in parts
        if part.get_content_type() in DELIVERY
        for block in _blocks(part)
        if (outcome := _outcome(block))
    ]
    order = [Kind.ACCEPTED, Kind.FAILED, Kind.GONE]
    return max(outcomes, key=lambda outcome: order.index(outcome[0]), default=None)


def _outcome(block: Message) -> tuple[Kind, str] | None:
    action = _text(block, "Action").lower()
    found = STATUS.search(_text(block, "Status"))
    status = found[0] if found else ""
    if action == "failed":
        return (Kind.GONE if status in NO_SUCH_MAILBOX else Kind.FAILED), status
    is_known = action in {"delayed", "delivered", "relayed", "expanded"}
    return (Kind.ACCEPTED, status) if is_known else None


def _blocks(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a part, however the parser has split it."""
    payload = part.get_payload()
    text = "\n\n".join(map(str, payload)) if isinstance(payload, list) else str(payload)
    for group in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        if group.strip():
            yield message_from_string(group.strip() + "\n\n")


def _number(recipient: str, message: Message, parts: list[Message]) -> Number | None:
    texts = [recipient] + [_text(message, name) for name in ENVELOPE]
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            texts += [_text(block, "Original-Mail-From") for block in _blocks(part)]
    for address in ADDRESS.findall(" ".join(texts)):
        if (number := number_of(address)) is not None:
            return number
    return None


def _message_id(parts: list[Message]) -> str:
    """Return the Message-ID of the message that is returned, whole or its headers alone."""
    for part in parts:
        if part.get_content_type() in RETURNED:
            for returned in _returned(part):
                if found := MESSAGE_ID.search(_text(returned, "Message-ID")):
                    return found[0]
    return ""


def _returned(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (each for each in payload if isinstance(each, Message))
    else:
        decoded = part.get_payload(decode=True)
        yield message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def _text(message: Message, name: str) -> str:
    return str(message.get(name) or "").strip()
