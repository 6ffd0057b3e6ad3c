"""A mailbox that is read by IMAP over TLS (RFC 3501, RFC 8314): what is new in it, one message at a time."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import models
from django.utils.translation import gettext_lazy

PORT = 993
TIMEOUT = 20.0
"""Seconds for each answer of the server."""
# Python's own errors say that a password is not ASCII, or that an answer is not one of IMAP.
FAILURES = (imaplib.IMAP4.error, OSError, ValueError, LookupError, TypeError)


class Trouble(models.TextChoices):
    """Where reading a mailbox failed."""

    CONNECTION = "connection", gettext_lazy("Its server cannot be reached with TLS.")
    SIGN_IN = "sign-in", gettext_lazy("Its server refuses the user or the password.")
    FOLDER = "folder", gettext_lazy("Its folder cannot be opened.")
    READING = "reading", gettext_lazy("The connection broke while it was read.")


class MailboxFailed(Exception):
    """The mailbox cannot be read now. Nothing that the server said is kept: it may name the user."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class Mailbox:
    """An open folder. Messages are named by their UID, which means something for one `validity` only."""

    def __init__(self, client: imaplib.IMAP4, validity: int) -> None:
        self.client = client
        self.validity = validity

    def after(self, uid: int) -> list[int]:
        """Return the UIDs of the messages that came later, the oldest first."""
        with _naming(Trouble.READING):
            _, [found] = self.client.uid("SEARCH", f"UID {uid + 1}:*")
            # RFC 3501: a range that ends with * has the last message, even where that is an older one.
            return sorted(number for number in map(int, (found or b"").split()) if number > uid)

    def read(self, uid: int, most: int) -> bytes:
        """Return the first octets of a message, and leave it as it is; nothing where it is gone."""
        with _naming(Trouble.READING):
            _, parts = self.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)")
            return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")

    def mark_read(self, uid: int) -> None:
        with _naming(Trouble.READING):
            self.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")


@contextmanager
def open_mailbox(url: str) -> Iterator[Mailbox]:
    """Open the folder of `imaps://user:password@host:port/folder`. Raises MailboxFailed."""
    parts = urlsplit(url)
    with _naming(Trouble.CONNECTION):
        client = imaplib.IMAP4_SSL(parts.hostname or "", parts.port or PORT, ssl_context=_tls(), timeout=TIMEOUT)
    try:
        with _naming(Trouble.SIGN_IN):
            _sign_in(client, unquote(parts.username or ""), unquote(parts.password or ""))
        yield _selected(client, unquote(parts.path.lstrip("/")) or "INBOX")
    finally:
        with suppress(*FAILURES):
            client.logout()
        # A connection that broke fails to say goodbye, and would stay open.
        with suppress(*FAILURES):
            client.shutdown()


def _sign_in(client: imaplib.IMAP4, user: str, password: str) -> None:
    if "AUTH=PLAIN" in client.capabilities:
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    else:
        client.login(user, password)


def _selected(client: imaplib.IMAP4, folder: str) -> Mailbox:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    with _naming(Trouble.FOLDER):
        answer, _ = client.select(f'"{quoted}"')
        found: Any = client.response("UIDVALIDITY")[1]
        if answer != "OK":
            raise MailboxFailed(Trouble.FOLDER)
        return Mailbox(client, int(found[0]))


@contextmanager
def _naming(trouble: Trouble) -> Iterator[None]:
    try:
        yield
    except FAILURES:
        raise MailboxFailed(trouble) from None


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
