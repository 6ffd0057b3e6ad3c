"""Take what mail servers return from a mail server that hands it over: by LMTP, or by SMTP."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.newsletter.bounce_inlet import serve


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ArgumentTypeError(f"{text!r} is not host:port, such as 127.0.0.1:8024")
    return host.strip("[]"), int(port)


class Command(BaseCommand):
    help = (
        "Listen for bounces (RFC 3464) and complaints (RFC 5965) that a mail server hands over by LMTP. It takes only "
        "return paths of this site and BOUNCE_ADDRESS itself, from any sender, and commits a report before it answers. "
        "Let no one but your mail server reach the port."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listen", type=address, required=True, metavar="HOST:PORT", help="such as 127.0.0.1:8024")
        parser.add_argument("--smtp", action="store_true", help="speak SMTP instead of LMTP")

    def handle(self, *args: Any, listen: tuple[str, int], smtp: bool, **options: Any) -> None:
        if not settings.BOUNCE_ADDRESS:
            raise CommandError("BOUNCE_ADDRESS is not set: nothing would be returned here")
        try:
            asyncio.run(serve(*listen, smtp=smtp, is_open=lambda: self._say_open(listen)))
        except OSError as error:
            raise CommandError(f"cannot listen there: {error.strerror}") from None

    def _say_open(self, listen: tuple[str, int]) -> None:
        self.stdout.write(f"Listening on {listen[0]}:{listen[1]}.")
        self.stdout.flush()
