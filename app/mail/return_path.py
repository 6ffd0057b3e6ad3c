"""The address to which mail servers return what cannot be delivered: one for each message, which no one else can make."""

from __future__ import annotations

import re
from base64 import b32encode
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest, digest

from django.conf import settings

NUMBERED = re.compile(r"([0-9a-z]{1,13}(?:\.d)?)-([a-z2-7]{20})", re.IGNORECASE)
DIGEST = ".d"
"""After the number of a digest. A number alone is that of a copy of a post."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Number(int):
    """The number of a message. `series` says of what: empty for a copy of a post, or DIGEST."""

    series = ""


def return_path(number: int, series: str = "") -> str:
    """Return `local+number-proof@domain` of BOUNCE_ADDRESS; nothing where it is not set."""
    if not settings.BOUNCE_ADDRESS:
        return ""
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{proven(number, series)}@{domain}"


def proven(number: int, series: str = "") -> str:
    """Return the number with a proof that this site wrote it."""
    text = _in_letters(number) + series
    return f"{text}-{_proof(text, settings.SECRET_KEY)}"


def number_of(address: str) -> Number | None:
    """Return the number in an address that this site made; None for every other."""
    return number_proven(address.rpartition("@")[0].rpartition("+")[2])


def takes(address: str) -> bool:
    """True for each return path that this site made, and for BOUNCE_ADDRESS itself, to which providers send complaints."""
    return number_of(address) is not None or (address != "" and address.lower() == settings.BOUNCE_ADDRESS.lower())


def number_proven(written: str) -> Number | None:
    """Return the number that this site wrote with a proof; None for everything else."""
    found = NUMBERED.fullmatch(written)
    if found is None:
        return None
    text, proof = found[1].lower(), found[2].lower()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    is_ours = any(compare_digest(proof, _proof(text, key)) for key in keys)
    return _numbered(text) if is_ours else None


def _numbered(text: str) -> Number:
    number = Number(text.removesuffix(DIGEST), 36)
    number.series = DIGEST if text.endswith(DIGEST) else ""
    return number


def _proof(text: str, secret: str) -> str:
    """Return 100 bits in letters that servers may turn to capitals."""
    return b32encode(digest(_key(secret), text.encode(), "sha256"))[:20].decode().lower()


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    # Derived once, not for each of a hundred thousand mails.
    return sha256(b"mail.return-path" + secret.encode()).digest()


def _in_letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"
