"""The address to which mail servers return what cannot be delivered: one for each message, which no one else can make."""

from __future__ import annotations

import re
from base64 import b32encode
from hmac import compare_digest

from django.conf import settings
from django.utils.crypto import salted_hmac

from app.mail.addresses import mailbox

NUMBERED = re.compile(r"([0-9a-z]{1,13})-([a-z2-7]{20})", re.IGNORECASE)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def return_path(number: int) -> str:
    """Return `local+number-proof@domain` of BOUNCE_ADDRESS; nothing where it is not set."""
    if not settings.BOUNCE_ADDRESS:
        return ""
    local, _, domain = mailbox(settings.BOUNCE_ADDRESS).rpartition("@")
    return f"{local}+{proven(number)}@{domain}"


def proven(number: int) -> str:
    """Return the number with a proof that this site wrote it."""
    text = _in_letters(number)
    return f"{text}-{_proofs(text)[0]}"


def number_of(address: str) -> int | None:
    """Return the number in an address that this site made; None for every other."""
    return number_proven(address.rpartition("@")[0].rpartition("+")[2])


def number_proven(written: str) -> int | None:
    """Return the number that this site wrote with a proof; None for everything else."""
    found = NUMBERED.fullmatch(written)
    if found is None:
        return None
    text, proof = found[1].lower(), found[2].lower()
    is_ours = any(compare_digest(proof, each) for each in _proofs(text))
    return int(text, 36) if is_ours else None


def _proofs(text: str) -> list[str]:
    """Return 100 bits under each secret key, in letters that servers may turn to capitals."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("mail.return-path", text, secret=key, algorithm="sha256").digest() for key in keys]
    return [b32encode(digest)[:20].decode().lower() for digest in digests]


def _in_letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"
