"""Which addresses and ports we may be asked to call."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Special-purpose blocks that ipaddress.is_global calls global, or calls so in some releases of Python.
NEVER = [
    ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64",
        "2001::/32", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
    )
]  # fmt: skip
NAT64 = ip_network("64:ff9b::/96")

# The ports no browser opens (WHATWG Fetch, "bad port"), and the databases, brokers and panels of an inner network.
NEVER_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    2375, 2376, 2379, 2380, 3306, 4369, 5432, 5555, 5672, 6379, 6380, 6432, 6443, 9200, 9300, 10250, 11211, 15672,
    26379, 27017,
})  # fmt: skip


def permitted(address: Address, allow: Iterable[Network]) -> bool:
    """Return whether this very address may be connected to: it is public, or the operator allows it."""
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in allow) or is_public(plain)


def is_public(address: Address) -> bool:
    """Return whether the whole internet reaches this address, also behind NAT64 and 6to4."""
    if inner := _inner(address):
        return is_public(inner)
    return address.is_global and not address.is_multicast and not any(address in block for block in NEVER)


def resolve(host: str, port: int, *, seconds: float) -> list[Address]:
    """Return every address of a host, in the resolver's order. Raises OSError, TimeoutError."""
    answers: SimpleQueue[list[Address] | OSError | UnicodeError] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError("the resolver did not answer") from None
    if isinstance(answer, Exception):
        raise OSError("no such host") from answer
    return answer


def _look_up(host: str, port: int, answers: SimpleQueue[list[Address] | OSError | UnicodeError]) -> None:
    """Ask the system's resolver, which takes no timeout and so gets a thread of its own."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(ip_address(entry[4][0]) for entry in found)))
    except (OSError, UnicodeError, ValueError) as error:
        answers.put(error if isinstance(error, OSError | UnicodeError) else OSError(str(error)))


def _inner(address: Address) -> IPv4Address | None:
    """Return the IPv4 address inside an IPv6 address: mapped, NAT64 (RFC 6052) or 6to4 (RFC 3056)."""
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
