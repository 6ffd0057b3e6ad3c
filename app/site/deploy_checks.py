"""`manage.py check --deploy`: what makes a public site unsafe, each with what to change (docs/howto/deploy.md)."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning

EXAMPLES = ("change-me", "not-secret-for-this-machine-only")
"""What the secrets of `.env.example` and of a developer's machine have in them."""
RESERVED = (".example", ".invalid", ".test", ".localhost", "example.com", "example.org", "example.net")
KEY_LENGTH, KEY_VARIETY = 50, 10
TOKEN_LENGTH, PASSWORD_LENGTH = 20, 12
HALF_A_YEAR = 180 * 86_400
OTHERS = 0o077


def site_is_safe_in_public(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong. What only an example may have is no fault of a site at an address that is an example itself."""
    found = [*_web(), *_hosts(), *_mail(), *_secrets()]
    return found if _is_reserved(_host()) and not settings.DEBUG else [*found, *_placeholders()]


def _web() -> Iterator[CheckMessage]:
    if not _is_https():
        yield _warning(
            1, "Readers' passwords and sessions travel unencrypted.", "Begin SITE_URL with https://, and end TLS at a proxy."
        )
    if settings.DEBUG:
        yield _warning(2, "DEBUG is on: errors show code and settings to everyone.", "Set DEBUG=off.")
    if settings.DEBUG or 0 < len(settings.METRICS_TOKEN) < TOKEN_LENGTH:
        text = "Everyone can read /metrics, or guess its token."
        yield _warning(
            3, text, f"Set DEBUG=off, and METRICS_TOKEN to {TOKEN_LENGTH} random characters or more, or leave it unset."
        )
    if _is_https() and settings.TRUSTED_PROXIES == 0:
        text = "No proxy is trusted although TLS ends at one: all readers have its address, and share one rate limit."
        yield _warning(4, text, "Set TRUSTED_PROXIES to how many proxies add the caller to X-Forwarded-For.")
    if _is_https() and settings.SECURE_HSTS_SECONDS < HALF_A_YEAR:
        text = "Browsers are not told for long enough to use https only."
        yield _warning(5, text, f"Set SECURE_HSTS_SECONDS to {HALF_A_YEAR} or more.")


def _hosts() -> Iterator[CheckMessage]:
    wide = [host for host in settings.ALLOWED_HOSTS if host == "*" or host.startswith(".")]
    if wide:
        text = f"ALLOWED_HOSTS has {', '.join(wide)}: links in emails could be made to lead to a stranger's host."
        yield _warning(6, text, "Name each host in ALLOWED_HOSTS.")
    elif _host() not in settings.ALLOWED_HOSTS:
        yield _warning(7, f"The site refuses its own address: {_host()} is not in ALLOWED_HOSTS.", "Add it there.")
    networks = [ip_network(each) for each in settings.OUTBOUND_ALLOW]
    if any(each.is_loopback or each.is_link_local for each in networks):
        text = "Webhooks may call this machine itself, or the metadata service of its host."
        yield _warning(8, text, "Leave loopback and link-local networks out of OUTBOUND_ALLOW.")


def _mail() -> Iterator[CheckMessage]:
    server = urlsplit(settings.EMAIL_URL)
    if settings.MAILBOX_DIR is not None:
        text = "Mail is caught by the bundled mailbox: no one receives it, and operators can read every address."
        yield _warning(9, text, "Set EMAIL_URL to your mail server.")
    elif server.scheme == "smtp" and not _is_local(server.hostname or ""):
        text = "Mail, and the password of the mail server, travel unencrypted."
        yield _warning(10, text, "Begin EMAIL_URL with smtp+tls:// or smtps://.")
    for file in _key_files():
        if file.stat().st_mode & OTHERS:
            yield _warning(11, f"Other users of this machine can read the key {file}, which signs mail.", f"chmod 600 {file}")


def _secrets() -> Iterator[CheckMessage]:
    for name, keys in (("SECRET_KEY", [settings.SECRET_KEY]), ("SECRET_KEY_FALLBACKS", settings.SECRET_KEY_FALLBACKS)):
        if any(len(key) < KEY_LENGTH or len(set(key)) < KEY_VARIETY for key in keys):
            text = f"{name} can be guessed: it signs sessions and encrypts the secrets of networks."
            yield _warning(
                12, text, f"Use {KEY_LENGTH} random characters or more; keep a copy apart from the database's backup."
            )


def _placeholders() -> Iterator[CheckMessage]:
    """Find what was copied from an example."""
    database = settings.DATABASES["default"].get("PASSWORD", "")
    secrets = {"SECRET_KEY": settings.SECRET_KEY, "DATABASE_URL": database, "EMAIL_URL": settings.EMAIL_URL}
    for name, value in secrets.items():
        if any(each in str(value) for each in EXAMPLES):
            yield _warning(13, f"{name} has a value that everyone can read in the example.", f"Change {name}.")
    password = settings.FLOWER_BASIC_AUTH.partition(":")[2]
    if len(password) < PASSWORD_LENGTH or password.startswith(EXAMPLES):
        text = "Flower's password can be guessed; it shows and stops workers."
        yield _warning(14, text, f"Set FLOWER_BASIC_AUTH to user:password with {PASSWORD_LENGTH} random characters or more.")
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if "@" not in sender or _is_reserved(sender):
        text = f"Mail is sent from {sender or 'no address'}, which is not yours: mail servers refuse it."
        yield _warning(15, text, "Set DEFAULT_FROM_EMAIL to an address at your domain.")


def _warning(number: int, text: str, hint: str) -> CheckMessage:
    return Warning(text, hint=hint, id=f"deploy.W{number:03}")


def _is_https() -> bool:
    return str(settings.SITE_URL).startswith("https://")


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or ""


def _is_reserved(host: str) -> bool:
    """Return whether no one can own the name (RFC 2606, RFC 6761)."""
    return host.endswith(RESERVED)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _key_files() -> Iterator[Path]:
    """Return the files of DKIM_KEYS; a key in the variable itself is not one."""
    for each in settings.DKIM_KEYS:
        path = Path(each.partition(":")[2])
        if path.is_absolute() and path.is_file():
            yield path
