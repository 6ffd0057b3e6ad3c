"""What a variable of the environment may hold: each function returns its value, or raises ValueError with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import idna
from django.conf import global_settings

PORTS = {"http": 80, "https": 443}


class Secret(str):
    """A text that is used like any other and is not shown where a value is printed, such as a log or a debug page."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'********'"


def boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError(f"{text!r} is neither on nor off")
    return words[text.lower()]


def whole(least: int, most: int, what: str = "a number") -> Callable[[str], int]:
    """Return a parser of whole numbers in a range; `what` names them in the message."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not {what} from {least} to {most}")
        return int(text)

    return parse


def period(unit: str, least: int, most: int) -> Callable[[str], timedelta]:
    """Return a parser of whole days, minutes or seconds, as timedelta names them."""
    number = whole(least, most, f"a number of {unit}")
    return lambda text: timedelta(**{unit: number(text)})


port = whole(1, 65535, "a port number")
days = period("days", 1, 36_500)


def directory(text: str) -> Path:
    return Path(text).expanduser().resolve()


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def secrets(text: str) -> tuple[Secret, ...]:
    return tuple(Secret(word) for word in words(text))


def hours(text: str) -> timedelta:
    try:
        return timedelta(hours=float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a number of hours") from None


def seconds(text: str) -> float:
    if not text.replace(".", "", 1).isdecimal() or not 0 < float(text) <= 3600:
        raise ValueError(f"{text!r} is not a number of seconds up to an hour")
    return float(text)


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text

    return parse


def networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(word)) for word in words(text))


def origin(text: str) -> str:
    """Return it as browsers write it: they send it along, and what they send is compared."""
    parts = urlsplit(text)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or set(text) & {"?", "#", "@"}:
        raise ValueError("must be http(s)://host[:port] and nothing after it")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _ascii(parts.hostname)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in {None, PORTS[parts.scheme]} else "")


def _ascii(host: str) -> str:
    """Return the name as DNS has it."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(f"{host!r} is not the name of a host") from None


def page(text: str) -> str:
    if urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname:
        raise ValueError("must be http(s)://host[:port], and a path if there is one")
    return text.rstrip("/")


def issuer(text: str) -> str:
    """Return it to the letter: it is compared with what the provider calls itself. http is for a provider on this machine."""
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not (parts.scheme == "https" or local) or not parts.hostname or set(text) & {"?", "#", "@"}:
        raise ValueError("must be https://host, and a path if there is one, as the provider writes it")
    return text


def url(text: str) -> str:
    if not urlsplit(text).scheme:
        raise ValueError("must be a URL, such as redis://host:6379/0")
    return text


def database(text: str) -> str:
    if urlsplit(text).scheme not in {"postgres", "postgresql"}:
        raise ValueError("must be postgres://user:password@host:port/name; other databases cannot keep the promises")
    return text


def address(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,20}", local) or not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", domain):
        raise ValueError("must be an address such as bounces@example.org, with at most 20 letters before the @")
    return text


def provider(text: str) -> str:
    name, _, secret = text.partition(":")
    if name not in {"mailgun", "postmark"} or not secret or (name == "postmark" and ":" not in secret):
        raise ValueError("must be mailgun:signing-key or postmark:user:password")
    return text


def endpoint(text: str) -> str:
    host, _, number = text.rpartition(":")
    try:
        ip_address(host)
        port(number)
    except ValueError:
        raise ValueError("must be address:port, such as 192.0.2.53:53") from None
    return text


def mail(text: str) -> str:
    if urlsplit(text).scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise ValueError("must be smtp://, smtps:// or smtp+tls://user:password@host:port")
    return text


def mailbox(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "imaps" or not parts.hostname or not parts.username or not parts.password or not text.isascii():
        raise ValueError("must be imaps://user:password@host:993/folder, special characters as %40")
    return text


def language(text: str) -> str:
    if text.lower() not in dict(global_settings.LANGUAGES):
        raise ValueError(f"{text!r} is not a language that Django speaks, such as en, de or pt-br")
    return text.lower()


def zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError(f"{text!r} is not a time zone, such as Europe/Berlin")
    return text
