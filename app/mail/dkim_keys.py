"""The keys that sign mail, read from DKIM_KEYS, and the DNS records with which mail servers check them."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)
from django.conf import settings

from app.mail.addresses import domain_of

SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LEAST_BITS = 2048  # RFC 8301
PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class BadKey(ValueError):
    """DKIM_KEYS cannot be used. The message names the selector, never the key."""


@dataclass(frozen=True, kw_only=True)
class DkimKey:
    """One key under its selector. `algorithm` is the name that a signature gives it (RFC 6376, RFC 8463)."""

    selector: str
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, text: bytes, digest: bytes) -> bytes:
        """Return the signature of a text with this SHA-256 digest."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(text, PKCS1v15(), SHA256())
        return self.private.sign(digest)

    @property
    def record(self) -> str:
        """Return the text of the DNS record at `<selector>._domainkey.<domain>`."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            return f"v=DKIM1; k=rsa; p={_base64(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))}"
        return f"v=DKIM1; k=ed25519; p={_base64(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}"


def new_key(selector: str, kind: str) -> DkimKey:
    """Return a new key of the kind `rsa` (2048 bits) or `ed25519`. Raises BadKey for a selector that DNS does not take."""
    _check_selector(selector)
    private = generate_private_key(65537, LEAST_BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    return DkimKey(selector=selector, private=private)


def as_pem(key: DkimKey) -> bytes:
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def as_setting(key: DkimKey) -> str:
    """Return the key as DKIM_KEYS takes it. It is a secret."""
    return f"{key.selector}:{_base64(key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))}"


def signing_keys() -> tuple[DkimKey, ...]:
    """Return the keys with which each mail is signed; none: mail is not signed here. Raises BadKey."""
    return read_keys(tuple(settings.DKIM_KEYS))


def signing_domain() -> str:
    """Return the domain that signs: by default that of the sender, with which DMARC wants it to be aligned."""
    return str(settings.DKIM_DOMAIN or domain_of(settings.DEFAULT_FROM_EMAIL))


@lru_cache(maxsize=4)
def read_keys(entries: tuple[str, ...]) -> tuple[DkimKey, ...]:
    """Read `selector:file` or `selector:base64` each. Raises BadKey."""
    return tuple(_read(entry) for entry in entries)


def _read(entry: str) -> DkimKey:
    selector, _, source = entry.partition(":")
    _check_selector(selector)
    try:
        private = _load(source.strip())
    except (OSError, ValueError, TypeError) as error:
        raise BadKey(f"the key of the selector {selector} cannot be read ({type(error).__name__})") from None
    if isinstance(private, RSAPrivateKey) and private.key_size < LEAST_BITS:
        raise BadKey(f"the RSA key of the selector {selector} has fewer than {LEAST_BITS} bits")
    if not isinstance(private, PrivateKey):
        raise BadKey(f"the key of the selector {selector} is neither RSA nor Ed25519")
    return DkimKey(selector=selector, private=private)


def _load(source: str) -> object:
    # PKCS #8 in base64 begins with an M; everything else is the path of a file.
    if source.startswith(("MII", "MC4")):
        return load_der_private_key(b64decode(source, validate=True), None)
    return load_pem_private_key(Path(source).read_bytes(), None)


def _check_selector(selector: str) -> None:
    if not SELECTOR.fullmatch(selector):
        raise BadKey("a selector is up to 63 letters, digits and hyphens, as in selector:file")


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()
