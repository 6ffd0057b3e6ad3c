"""Domains that put our mail off, by greylisting or a limit: where one does so to many, it is left alone for a while."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.mail.errors import Rejected
from app.outbound import breaker

MANY = 10
"""Mails in a row that a domain puts off, before it is left alone. A server that puts off a third of them at random goes on."""
# RFC 3463: one mailbox that is full, disabled or being verified; or the mail system that we talk to, whatever the recipient.
NOT_OF_A_DOMAIN = re.compile(r"4\.(1\.1|2\.[12]|3\.\d+)")
CLOSING = 421
PUT_OFF = "mail to its domain is put off for a while"


class RecipientDomains:
    """What a run knows of the domains that its rows go to. `addresses` are by row; a reader who was erased has none."""

    def __init__(self, addresses: Mapping[int, str]) -> None:
        self._hosts = {pk: _host(address) for pk, address in addresses.items() if address}
        # Asked once for all rows of a run: no mail costs a question of its own.
        self._doubtful = breaker.doubtful(sorted(set(self._hosts.values())))
        self._resting = {host for host in self._doubtful if breaker.rest(host, after=MANY)}

    def are_resting(self, pk: int) -> bool:
        """True where the domain of this row is to be left alone now."""
        return self._hosts.get(pk) in self._resting

    def took(self, pk: int) -> None:
        """Note that the domain takes mail."""
        host = self._hosts.get(pk)
        if host in self._doubtful:
            breaker.answered(host)
            self._doubtful.discard(host)
            self._resting.discard(host)

    def put_off(self, pk: int, refusal: Rejected) -> None:
        """Note that the domain said "later"."""
        host = self._hosts.get(pk)
        if host is None or refusal.code == CLOSING or NOT_OF_A_DOMAIN.fullmatch(refusal.status):
            return
        self._doubtful.add(host)
        if breaker.failed(host, after=MANY):
            self._resting.add(host)


def put_off_now(domains: Sequence[str]) -> set[str]:
    """Return which of these domains are left alone."""
    hosts = {_host(each): each for each in domains}
    return {hosts[each.host] for each in breaker.troubles(list(hosts)) if each.resting}


def _host(address: str) -> str:
    """Return the domain of an address as what the breaker knows."""
    return f"mail to {address.rpartition('@')[2]}"
