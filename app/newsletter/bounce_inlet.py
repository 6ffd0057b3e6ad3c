"""A server to which a mail server hands over what is returned: LMTP (RFC 2033), or SMTP where that is all it speaks."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error

from app.mail.return_path import number_of, takes
from app.newsletter.bounces import LEFT_ASIDE, take_message
from owed.connections import heal_connection

LARGEST = 2 * 2**20
"""Octets of a message: a report returns the newsletter whole, or its headers alone."""
LONGEST_LINE = 2**16
IDLE = 120.0
"""Seconds until a connection ends on which nothing is said."""
NOT_OURS = "550 5.1.1 No such address here"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
LATER = "451 4.3.0 Not stored, try again later"
NO_REPORT = "550 5.7.1 No report about a message of this site"

logger = logging.getLogger(__name__)


class Inlet:
    """What aiosmtpd asks. It says yes to a message once what it reports is committed.

    A mail server that gets no answer sends it again, which changes nothing.
    """

    def __init__(self, take: Callable[[bytes, str], str] = take_message) -> None:
        self.take = take

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return ONE_AT_A_TIME
        if not takes(address):
            return NOT_OURS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [recipient] = envelope.rcpt_tos
        try:
            # In one thread, with one connection to the database: a report takes milliseconds.
            said = await sync_to_async(self._store)(envelope.original_content or b"", recipient)
        except Error as error:
            logger.warning("bounce not stored", extra={"error": type(error).__name__})
            return LATER
        logger.info("bounce read", extra={"outcome": said})
        # An out-of-office reply to a return path is nothing to complain of; what else comes to the bare address is not for us.
        is_refused = said in LEFT_ASIDE and number_of(recipient) is None
        return NO_REPORT if is_refused else "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:
        """Answer what no one foresaw: the mail server keeps the message. aiosmtpd would refuse it for good."""
        logger.error("bounce not read", exc_info=error)
        return LATER

    def _store(self, octets: bytes, recipient: str) -> str:
        heal_connection(doubtful=True)
        return self.take(octets, recipient)


class Lmtp(LMTP):
    line_length_limit = LONGEST_LINE


class Smtp(SMTP):
    line_length_limit = LONGEST_LINE


async def open_inlet(inlet: Inlet, host: str, port: int, *, smtp: bool = False) -> asyncio.Server:
    """Listen. Raises OSError where the address cannot be had."""
    domain = settings.BOUNCE_ADDRESS.rpartition("@")[2] or "localhost"
    protocol = Smtp if smtp else Lmtp
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        return protocol(
            inlet, hostname=domain, loop=loop, data_size_limit=LARGEST, enable_SMTPUTF8=True, timeout=IDLE, ident="Afterword"
        )

    return await loop.create_server(answer, host, port)


async def serve(host: str, port: int, *, smtp: bool, is_open: Callable[[], None]) -> None:
    """Take what is returned until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    server = await open_inlet(Inlet(), host, port, smtp=smtp)
    is_open()
    await ended.wait()
    server.close()
