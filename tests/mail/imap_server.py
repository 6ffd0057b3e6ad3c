"""A small IMAP server with TLS on loopback: one folder, and the commands that reading it takes."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "bounces", "p@ss/wörd"


class ImapServer(socketserver.ThreadingTCPServer):
    """`messages` are by UID. `breaks_at` is a command at which the connection ends."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.tls = tls
        self.validity = 7
        self.messages: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.fetched: list[int] = []
        self.breaks_at = ""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that does not like our certificate."""


class Dialogue(socketserver.StreamRequestHandler):
    server: ImapServer

    def setup(self) -> None:
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _, command = line.partition(" ")
            if self.server.breaks_at and command.upper().startswith(self.server.breaks_at):
                return
            self.say(f"{tag} {self.answer(command)}")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def answer(self, command: str) -> str:
        verb, _, rest = command.partition(" ")
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN")
        elif verb == "AUTHENTICATE":
            self.say("+ ")
            given = base64.b64decode(self.rfile.readline()).decode()
            return "OK welcome" if given == f"\0{USER}\0{PASSWORD}" else f"NO {USER} may not in"
        elif verb == "SELECT":
            if rest != '"Bounces"':
                return "NO no such folder"
            self.say(f"* {len(self.server.messages)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.server.validity}] valid")
        elif verb == "UID":
            self.by_uid(rest)
        elif verb == "LOGOUT":
            self.say("* BYE")
        return "OK done"

    def by_uid(self, command: str) -> None:
        numbers = list(map(int, re.findall(r"\d+", command)))
        if command.startswith("SEARCH"):
            # A range that ends with * has the last message in any case.
            found = [uid for uid in self.server.messages if uid >= numbers[0]] or list(self.server.messages)[-1:]
            self.say(" ".join(["* SEARCH", *map(str, found)]))
        elif command.startswith("FETCH"):
            octets = self.server.messages[numbers[0]][: numbers[2]]
            self.server.fetched.append(numbers[0])
            self.wfile.write(f"* 1 FETCH (UID {numbers[0]} BODY[]<0> {{{len(octets)}}}\r\n".encode() + octets + b")\r\n")
        elif command.startswith("STORE"):
            self.server.seen.add(numbers[0])


@contextmanager
def imap_server(pem: Path) -> Iterator[ImapServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    server = ImapServer(tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
