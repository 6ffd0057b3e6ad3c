"""Encryption of stored secrets with a key derived from SECRET_KEY; SECRET_KEY_FALLBACKS are read while it rotates."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"afterword/social/account-secret/1"


class DecryptionFailed(Exception):
    """The secret was encrypted with a key that is neither SECRET_KEY nor one of its fallbacks: connect the account again."""


def encrypt(text: str) -> str:
    """Return the text encrypted with the current key."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Return the text. Raises DecryptionFailed."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise DecryptionFailed(DecryptionFailed.__doc__) from None


def reencrypt(encrypted: str) -> str:
    """Return the same secret under the current key. Raises DecryptionFailed."""
    return encrypt(decrypt(encrypted))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
