"""A letter as bytes: text and HTML side by side, lines that every server takes, headers that cannot be injected into."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from django.conf import settings

from app.mail.addresses import domain_of, for_smtp, is_international, mailbox
from app.mail.dkim_signing import signed
from app.mail.quoted_printable import quoted_printable

# A link longer than a line is folded to the line below its name; some readers of List-Unsubscribe do not look there.
FOLDED_AT_ONCE = re.compile(rb"^(List-[\w-]+:) ?\r\n +(?=<)", re.MULTILINE)
# Control characters, surrogates, marks that turn the direction of a line. Joiners stay: without them one emoji becomes three.
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one person is sent. `sender` may be `Name <address>`; `name` is the recipient's; `headers` are added as they are."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An envelope and its bytes."""

    sender: str
    recipient: str
    data: bytes


def new_message_id() -> str:
    """Return a Message-ID in the sender's domain; it is stored before the first attempt and never changes."""
    return f"<{uuid.uuid4()}@{domain_of(settings.DEFAULT_FROM_EMAIL)}>"


def encode(letter: Letter, *, at: datetime) -> Mail:
    """Return the letter ready to hand over, signed. Raises BadAddress, ValueError for a header with a line break."""
    mail = unsigned(letter, at=at)
    return replace(mail, data=signed(mail.data))


def unsigned(letter: Letter, *, at: datetime, apart: str = "") -> Mail:
    """Return the letter as octets without a signature. Raises as encode().

    Where the text `apart` is in a body, no line break of the encoding is within it.
    """
    recipient = for_smtp(letter.recipient)
    policy = (SMTPUTF8 if is_international(recipient) else SMTP).clone(max_line_length=78)
    message = EmailMessage(policy=policy)
    message["From"] = _from(letter.sender)
    message["To"] = _address(recipient, one_line(letter.name))
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/alternative; boundary="=_{uuid.uuid4().hex}"'
    message.attach(_part("plain", letter.text, apart))
    message.attach(_part("html", letter.html, apart))
    return Mail(
        sender=mailbox(letter.sender), recipient=recipient, data=FOLDED_AT_ONCE.sub(rb"\1 ", message.as_bytes(), count=20)
    )


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters, fit for a header."""
    return UNWANTED.sub("", " ".join(text.split()))


def addressed(recipient: str, name: str) -> str:
    """Return the header that names the recipient, folded, with its line end."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=78))
    message["To"] = _address(recipient, name)
    return str(message.policy.fold("To", message["To"]))


def _from(sender: str) -> Address:
    name, _ = parseaddr(one_line(sender))
    return _address(mailbox(sender), name)


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _part(subtype: str, text: str, apart: str) -> EmailMessage:
    """Return a body part encoded in C: the library's own encoder takes four times as long for a newsletter."""
    lines = "\n".join(text.replace("\0", "").splitlines()) + "\n"
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(quoted_printable(lines, apart))
    return part
