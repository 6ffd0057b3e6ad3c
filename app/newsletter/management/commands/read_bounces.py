"""Read what mail servers return: one message from standard input, or all that wait in a Maildir."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from app.mail.reports import LARGEST
from app.newsletter.bounces import take_message

TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the message and calls again


class Command(BaseCommand):
    help = (
        "Read bounces (RFC 3464) and complaints (RFC 5965): one message from standard input, as a mail server pipes it, or "
        "with --maildir all that wait there, which then move from `new` to `cur`. What is no report, or about no message of "
        "this site, is left aside. Exit code 75: the database does not answer; the mail server tries again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--recipient", default="", help="the address of the envelope, as Postfix has it in ${recipient}")
        parser.add_argument("--maildir", type=Path, help="a Maildir; what was read moves from `new` to `cur`")

    def handle(self, *args: Any, recipient: str, maildir: Path | None, **options: Any) -> None:
        try:
            if maildir is None:
                self.stdout.write(take_message(sys.stdin.buffer.read(LARGEST), recipient))
            else:
                self._read_all(maildir)
        except Error as error:
            raise CommandError(f"the database does not answer ({type(error).__name__})", returncode=TRY_LATER) from None

    def _read_all(self, maildir: Path) -> None:
        new, read = maildir / "new", maildir / "cur"
        if not new.is_dir() or not read.is_dir():
            raise CommandError(f"{maildir} is not a Maildir")
        for file in sorted(each for each in new.iterdir() if each.is_file()):
            with file.open("rb") as stream:
                octets = stream.read(LARGEST)
            self.stdout.write(take_message(octets))
            # Moved after it is stored: a command that is killed in between reads it once more, which changes nothing.
            file.replace(read / f"{file.name}:2,S")
