"""Which keys a backup needs: their names and fingerprints, never the keys."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"afterword/backup/key-fingerprint/1"


def fingerprints() -> dict[str, str]:
    """Return a fingerprint for each key of this installation that opens what its database holds encrypted, by name."""
    return dict(_named())


def missing(needed: dict[str, str]) -> list[str]:
    """Return the names of the keys that are needed and that this installation has under no name."""
    here = set(fingerprints().values())
    return [name for name, fingerprint in needed.items() if fingerprint not in here]


def _named() -> Iterator[tuple[str, str]]:
    yield "SECRET_KEY", _fingerprint(settings.SECRET_KEY)
    for number, key in enumerate(settings.SECRET_KEY_FALLBACKS, start=1):
        yield f"SECRET_KEY_FALLBACKS {number}", _fingerprint(key)


def _fingerprint(key: str) -> str:
    return HKDF(algorithm=SHA256(), length=8, salt=None, info=PURPOSE).derive(key.encode()).hex()
