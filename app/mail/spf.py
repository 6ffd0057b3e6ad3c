"""Whether an SPF record can be used, and which servers it names (RFC 7208)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from app.mail.lookup import Dns

MOST_LOOKUPS = 10
ANY = "192.0.2.1"  # of no one: RFC 5737
ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
KNOWN = ASKING | {"all", "ip4", "ip6", "exp"}


class BadRecord(Exception):
    """The record counts as none. The text says why."""


@dataclass(frozen=True, kw_only=True)
class Spf:
    """`passes` says whether the address that was asked about may send; `is_open`, whether every address may."""

    passes: bool
    is_open: bool


def records(dns: Dns, domain: str) -> list[str]:
    """Return the SPF records of a domain: there should be one. Raises Unanswered."""
    return [each for each in dns.texts(domain) if each.lower() == "v=spf1" or each.lower().startswith("v=spf1 ")]


def evaluate(dns: Dns, domain: str, record: str, addresses: list[str]) -> Spf:
    """Return what the record says of these addresses. Raises BadRecord, Unanswered."""
    read = [_read(dns, domain, record, address) for address in addresses or [ANY]]
    return Spf(passes=bool(addresses) and all(each.passes for each in read), is_open=any(each.is_open for each in read))


def _read(dns: Dns, domain: str, record: str, address: str) -> Spf:
    policy = _Policy(dns)
    passes = policy.names(domain, record, address)
    return Spf(passes=passes, is_open=policy.is_open)


class _Policy:
    """One reading of a record with those that it includes."""

    def __init__(self, dns: Dns) -> None:
        self.dns = dns
        self.is_open = False
        self._lookups = 0

    def names(self, domain: str, record: str, address: str) -> bool:
        """Return whether a mechanism of the record lets the address send. All are read, so that a broken one is found."""
        found, redirect, ends = False, "", False
        for term in record.split()[1:]:
            sign, name, value = _split(term)
            if name == "redirect":
                redirect = value
            elif self._matches(domain, name, value, address):
                found = found or (not ends and sign == "+" and name != "all")
                self.is_open = self.is_open or (name == "all" and sign == "+")
                ends = ends or name == "all"
        if redirect and not ends:
            return found or self.names(redirect, self._included(redirect), address)
        return found

    def _matches(self, domain: str, name: str, value: str, address: str) -> bool:
        if name == "all":
            return True
        if name in {"ip4", "ip6"}:
            return _within(address, value)
        if name == "include":
            return self.names(value, self._included(value), address)
        if name in {"a", "mx"}:
            host, _, prefix = value.partition("/")
            return self._is_of(name, host or domain, prefix, address)
        if name in ASKING:
            self._count()
        return False

    def _is_of(self, kind: str, domain: str, prefix: str, address: str) -> bool:
        self._count()
        hosts = self.dns.exchanges(domain) if kind == "mx" else [domain]
        found = [each for host in hosts if host for each in self.dns.addresses(host)]
        # A prefix may be given for each of the two kinds, as in a/24//64.
        four, _, six = prefix.partition("//")
        return any(_within(address, each + (f"/{p}" if (p := six if ":" in each else four) else "")) for each in found)

    def _included(self, domain: str) -> str:
        self._count()
        found = records(self.dns, domain)
        if len(found) != 1:
            raise BadRecord(f"{domain}, which it includes, has {len(found)} records")
        return found[0]

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise BadRecord(f"it asks for more than {MOST_LOOKUPS} lookups")


def _split(term: str) -> tuple[str, str, str]:
    """Return sign, name and value. Raises BadRecord."""
    sign = term[0] if term[0] in "+-~?" else "+"
    rest = term.lstrip("+-~?").lower()
    at = min((rest.index(mark) for mark in ":=/" if mark in rest), default=len(rest))
    name, value = rest[:at], rest[at:].lstrip(":=")
    is_modifier = rest[at : at + 1] == "="
    if name not in KNOWN and not is_modifier:
        raise BadRecord(f"{term} is not known")
    if name in {"include", "redirect", "ip4", "ip6"} and not value:
        raise BadRecord(f"{term} names nothing")
    return sign, name, value


def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        raise BadRecord(f"{network} is not a network") from None
