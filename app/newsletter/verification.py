"""Whether a certificate of a mailing is genuine and adds up. Asks no database."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from app.newsletter.certificate import COPIES, FORMAT, MAILING, canonical, public_key, recipient_digest

LARGEST = 1_000_000  # octets of mailing.json
CHUNK = 1 << 20


class NotACertificate(Exception):
    """The file cannot be read as one."""


class Certificate:
    """A file that says of itself that it is one. `facts` is the signed object."""

    def __init__(self, file: Path) -> None:
        """Raises NotACertificate."""
        try:
            self._archive = ZipFile(file)
            with self._archive.open(MAILING) as stream:
                self.facts: dict[str, Any] = json.loads(stream.read(LARGEST))
            self._archive.getinfo(COPIES)
        except (OSError, BadZipFile, KeyError, ValueError) as error:
            raise NotACertificate(type(error).__name__) from None
        if not isinstance(self.facts, dict) or self.facts.get("format") != FORMAT:
            raise NotACertificate("format")

    def wrong(self, *, key: str = "") -> list[str]:
        """Return what is wrong with it, in words; nothing where all holds.

        `key` is the public key of the site that is said to have signed it; without one, it must be that of this site.
        """
        if not self._is_signed(key):
            return [_("The signature is not of this site, or what it signed was changed.")]
        found = []
        if self._digest() != self.facts["copies"]["sha256"]:
            found.append(_("The copies are not those that were signed."))
        if self._by_state() != Counter(self.facts["copies"]["by_state"]):
            found.append(_("The copies do not add up to the sums by state."))
        total = sum(self.sums.values())
        if total != self.facts["candidates"]:
            text = _("%(candidates)s candidates are not %(total)s copies: not everyone is accounted for.")
            found.append(text % {"candidates": self.facts["candidates"], "total": total})
        if self.facts["changed_meanwhile"]:
            found.append(_("The mailing changed while this was written: download it again."))
        return found

    @property
    def sums(self) -> Counter[str]:
        """Return the copies by state, also of those whose rows were removed for their age."""
        return Counter(self.facts["copies"]["by_state"]) + Counter(self.facts["removed_for_their_age"])

    def copies_to(self, email: str) -> list[dict[str, str]]:
        """Return the lines about an address. Needs the secret key with which it was made."""
        return [row for row in self._rows() if row["recipient"] == recipient_digest(email)]

    def _is_signed(self, key: str) -> bool:
        ours = [public_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
        if self.facts.get("public_key") not in ([key] if key else ours):
            return False
        try:
            signature = b64decode(str(self.facts.get("signature", "")))
            Ed25519PublicKey.from_public_bytes(b64decode(self.facts["public_key"])).verify(signature, canonical(self.facts))
        except (InvalidSignature, ValueError):
            return False
        return True

    def _digest(self) -> str:
        hashed = sha256()
        with self._archive.open(COPIES) as stream:
            while chunk := stream.read(CHUNK):
                hashed.update(chunk)
        return hashed.hexdigest()

    def _by_state(self) -> Counter[str]:
        return Counter(row["state"] for row in self._rows())

    def _rows(self) -> Iterator[dict[str, str]]:
        with self._archive.open(COPIES) as stream, TextIOWrapper(stream, encoding="utf-8", newline="") as text:
            yield from csv.DictReader(text)
