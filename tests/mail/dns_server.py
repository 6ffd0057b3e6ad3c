"""A DNS server on loopback that answers from a zone, and does not answer where it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from pytest_django import Settings


@dataclass
class Zone:
    """`records` are texts by (name, kind), such as ("example.org", "TXT"); a name in `silent` gets no answer."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def txt(self, name: str, *texts: str) -> None:
        # A string holds 255 octets at most.
        parts = [" ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in texts]
        self.records[name, "TXT"] = parts

    def answer(self, octets: bytes) -> bytes | None:
        query = dns.message.from_wire(octets)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        found = self.records.get((name, kind))
        if found:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(each == name for each, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        octets, answering = self.request
        server: Server = self.server  # type: ignore[assignment]
        if reply := server.zone.answer(octets):
            answering.sendto(reply, self.client_address)


class Server(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.zone = Zone()
        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def zone(settings: Settings) -> Iterator[Zone]:
    """Yield what the DNS server of the test answers."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    settings.DNS_SERVER = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield server.zone
    finally:
        server.shutdown()
        server.server_close()
