"""Make a key that signs mail, and show the DNS records of those in use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.mail.dkim_keys import BadKey, DkimKey, as_pem, as_setting, new_key, signing_domain, signing_keys

LONGEST = 255  # octets in one string of a TXT record


class Command(BaseCommand):
    help = (
        "Make a DKIM key under a selector; print its DNS record and what to add to DKIM_KEYS. With --file the private key goes "
        "to a new file; without it, it is printed. No selector: the records of the keys there are. Exit code 1: refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("selector", nargs="?", default="", help="a name in DNS, such as s2026")
        parser.add_argument("--type", choices=["rsa", "ed25519"], default="rsa", help="RSA of 2048 bits, or Ed25519")
        parser.add_argument("--file", type=Path, help="a new file for the private key, which only its owner may read")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["selector"]:
                self._make(new_key(options["selector"], options["type"]), options["file"])
            else:
                self._show(signing_keys())
        except BadKey as error:
            raise CommandError(str(error)) from None

    def _make(self, key: DkimKey, file: Path | None) -> None:
        entry = f"{key.selector}:{file.resolve()}" if file else as_setting(key)
        if file:
            _write(file, as_pem(key))
        self._print_record(key)
        self.stdout.write(f"Once DNS answers it, add to DKIM_KEYS, with a comma after what is there:\n{entry}")

    def _show(self, keys: tuple[DkimKey, ...]) -> None:
        if not keys:
            raise CommandError("DKIM_KEYS is empty: mail is not signed here. Make a key with `manage.py dkim_key SELECTOR`.")
        for key in keys:
            self._print_record(key)

    def _print_record(self, key: DkimKey) -> None:
        text = key.record
        strings = " ".join(f'"{text[at : at + LONGEST]}"' for at in range(0, len(text), LONGEST))
        self.stdout.write(f"{key.selector}._domainkey.{signing_domain()}. IN TXT {strings}")


def _write(file: Path, pem: bytes) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from None
