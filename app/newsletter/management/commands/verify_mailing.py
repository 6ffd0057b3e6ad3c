"""Check a certificate of a mailing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from app.newsletter.verification import Certificate, NotACertificate


class Command(BaseCommand):
    help = (
        "Check the certificate of a mailing: its signature, the digest of its copies, and that everyone is accounted for. Asks "
        "no database. Exit code 1: something is wrong, or the file is not a certificate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the ZIP that the mailing's page gives out")
        parser.add_argument("--key", default="", help="the public key of the site that signed it; unset = this site")
        parser.add_argument("--address", default="", help="show what became of the copy to this address; needs the secret key")

    def handle(self, *args: Any, file: Path, key: str, address: str, **options: Any) -> None:
        try:
            certificate = Certificate(file)
            wrong = certificate.wrong(key=key)
        except (NotACertificate, BadZipFile, KeyError, TypeError, UnicodeDecodeError):
            raise CommandError(_("%(file)s is not a certificate of a mailing.") % {"file": file.name}) from None
        if wrong:
            raise CommandError("\n".join(wrong))
        facts = certificate.facts
        self.stdout.write(f"{facts['site']}  {facts['post']['title']}  ({facts['mailing']['created_at']})")
        self.stdout.write(f"{facts['candidates']:>8,}  candidates")
        for state, number in sorted(certificate.sums.items()):
            self.stdout.write(f"{number:>8,}  {state}")
        if address:
            for row in certificate.copies_to(address):
                self.stdout.write(f"{row['state']}  {row['finished_at']}  {row['message_id']}  {row['error']}".rstrip())
        self.stdout.write(_("The signature holds, and everyone is accounted for."))
