"""Encryption of stored secrets with keys derived from SECRET_KEY, one for each purpose; SECRET_KEY_FALLBACKS are read too."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotDecrypt(Exception):
    """The secret was encrypted with a key that is neither SECRET_KEY nor one of its fallbacks."""


@dataclass(frozen=True, kw_only=True)
class Cipher:
    """What one purpose encrypts, no other decrypts."""

    purpose: bytes

    def encrypt(self, text: str) -> str:
        """Return the text encrypted with the current key."""
        return self._keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the text. Raises CannotDecrypt."""
        try:
            return self._keys().decrypt(encrypted.encode()).decode()
        except InvalidToken:
            raise CannotDecrypt(CannotDecrypt.__doc__) from None

    def _keys(self) -> MultiFernet:
        return MultiFernet([_key(secret, self.purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=16)
def _key(secret: str, purpose: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
