"""Digests of personal data."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def digest(text: str, *, salt: str = "newsletter.consent") -> str:
    """Return what proves an address to those who know it, and reveals nothing to others."""
    return salted_hmac(salt, text, algorithm="sha256").hexdigest()
