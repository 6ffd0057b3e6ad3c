"""Secrets at rest: sealed with a key derived from SECRET_KEY, readable through SECRET_KEY_FALLBACKS while it rotates."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"afterword/social/account-secret/1"


class SealBroken(Exception):
    """The secret was sealed with a key that is neither SECRET_KEY nor one of its fallbacks: connect the account anew."""


def seal(text: str) -> str:
    """Return the text encrypted with the current key."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text. Raises SealBroken."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken(SealBroken.__doc__) from None


def reseal(sealed: str) -> str:
    """Return the same secret under the current key. Raises SealBroken."""
    return seal(unseal(sealed))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
