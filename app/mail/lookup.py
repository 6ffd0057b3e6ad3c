"""What DNS says of a name, each question with a time limit, and all of them together with one."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, Resolver
from dns.reversename import from_address

SECONDS = 3.0
ALTOGETHER = 30.0


class Unanswered(Exception):
    """The DNS server did not answer, or answered that it cannot say."""


class Dns:
    """Asks the DNS server of this machine, or DNS_SERVER. A name that does not exist has no records; that is not an error."""

    def __init__(self, *, altogether: float = ALTOGETHER, each: float = SECONDS) -> None:
        self._give_up_at = time.monotonic() + altogether
        self._each = each

    def texts(self, name: str) -> list[str]:
        """Return the TXT records, the strings of each joined. Raises Unanswered, as all of these."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a host."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def exchanges(self, name: str) -> list[str]:
        """Return the hosts that take mail for a domain, the preferred first. A `.` says that it takes none."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True) for record in records]

    def names(self, address: str) -> list[str]:
        """Return the names that an IP address has."""
        return [record.target.to_text(omit_final_dot=True) for record in self._ask(from_address(address).to_text(), "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        lifetime = min(self._each, self._give_up_at - time.monotonic())
        if lifetime <= 0:
            raise Unanswered
        try:
            return list(_resolver().resolve(name, kind, lifetime=lifetime, search=False, raise_on_no_answer=False))
        except NXDOMAIN:
            return []
        except (DNSException, OSError, UnicodeError):
            raise Unanswered from None


def _resolver() -> Resolver:
    if not settings.DNS_SERVER:
        return Resolver()
    host, _, port = settings.DNS_SERVER.rpartition(":")
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    return resolver
