"""Mail addresses on their way into SMTP commands and headers."""

from __future__ import annotations

from email.utils import parseaddr

from app.mail.errors import BadAddress

LONGEST = 254
SPECIAL = frozenset('<>()[],;:\\" ')


def for_smtp(address: str) -> str:
    """Return the address with its domain in ASCII (IDNA). Raises BadAddress for what an SMTP command may not carry."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or not address.isprintable() or SPECIAL & set(address) or "@" in local:
        raise BadAddress("not a mail address")
    try:
        return _checked(f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}")
    except UnicodeError:
        raise BadAddress("not a domain name") from None


def normalise(address: str) -> str:
    """Return the one form in which an address is stored: its domain in ASCII and lower case."""
    local, _, domain = for_smtp(address.strip()).rpartition("@")
    return f"{local}@{domain.lower()}"


def same_address(one: str, other: str) -> bool:
    """Return whether mail to both reaches one mailbox. Beyond ASCII only what is equal: there, case turns letters into others.

    The capital of the dotless i is I, and the small kelvin sign is k: another's domain would count as one of ours.
    """
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())


def is_international(address: str) -> bool:
    """True when only a server with SMTPUTF8 (RFC 6531) can take the address."""
    return not address.isascii()


def mailbox(header: str) -> str:
    """Return the bare address of `Name <address>`."""
    return for_smtp(parseaddr(" ".join(header.split()))[1])


def domain_of(header: str) -> str:
    return mailbox(header).rpartition("@")[2]


def _checked(address: str) -> str:
    if len(address.encode()) > LONGEST:
        raise BadAddress(f"longer than {LONGEST} octets")
    return address
