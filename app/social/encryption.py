"""Encryption of the secrets of accounts on networks."""

from app.site.encryption import CannotDecrypt, Cipher

CIPHER = Cipher(purpose=b"afterword/social/account-secret/1")


class DecryptionFailed(Exception):
    """The secret was encrypted with a key that is neither SECRET_KEY nor one of its fallbacks: connect the account again."""


def encrypt(text: str) -> str:
    """Return the text encrypted with the current key."""
    return CIPHER.encrypt(text)


def decrypt(encrypted: str) -> str:
    """Return the text. Raises DecryptionFailed."""
    try:
        return CIPHER.decrypt(encrypted)
    except CannotDecrypt:
        raise DecryptionFailed(DecryptionFailed.__doc__) from None


def reencrypt(encrypted: str) -> str:
    """Return the same secret under the current key. Raises DecryptionFailed."""
    return encrypt(decrypt(encrypted))
