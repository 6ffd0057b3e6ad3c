"""Checks of an address that a person typed, before anything is sent there."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from app.outbound import http
from app.outbound.addresses import NEVER_PORTS, Address, permitted, resolve
from app.outbound.errors import Unreachable
from app.social.networks.base import CannotConnect

LOOKUP_SECONDS = 2.0
LENGTH = 500


def check_address(endpoint: str) -> None:
    """Raise CannotConnect for what is not the address of a server."""
    try:
        http.check(endpoint)
    except Unreachable:
        raise CannotConnect(_("The endpoint must be an http or https URL without a user name.")) from None
    if len(endpoint) > LENGTH:
        raise CannotConnect(_("The endpoint is longer than 500 characters."))


def check_host(endpoint: str) -> None:
    """Raise CannotConnect for a host that every call would be refused: better now than after two days of retries."""
    allow = [ip_network(text) for text in settings.OUTBOUND_ALLOW]
    if _port(endpoint) in NEVER_PORTS or not all(permitted(address, allow) for address in _addresses(endpoint)):
        raise CannotConnect(_("This endpoint can never be called from here: its host or port is not public."))


def is_unknown(endpoint: str) -> bool:
    """Return whether the host does not resolve at the moment. That may change, so it is not a reason to refuse."""
    return not _addresses(endpoint)


def _addresses(endpoint: str) -> list[Address]:
    try:
        return resolve(urlsplit(endpoint).hostname or "", _port(endpoint), seconds=LOOKUP_SECONDS)
    except OSError:
        return []


def _port(endpoint: str) -> int:
    parts = urlsplit(endpoint)
    try:
        return parts.port if parts.port is not None else {"http": 80, "https": 443}[parts.scheme]
    except ValueError:  # above 65535: refused like port 0
        return 0
