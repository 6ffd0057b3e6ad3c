"""A real HTTP server on loopback that remembers what it got and answers as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Read the whole request, remember it, answer."""

    protocol_version = "HTTP/1.1"
    receiver: "Receiver"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(method=self.command, path=self.path, headers=headers, body=body)
        self.receiver.received.append(received)
        self.close_connection = True
        try:
            self.receiver.next_answer()(self)
        except (BrokenPipeError, ConnectionResetError):
            self.receiver.gone.set()

    do_GET = do_POST  # noqa: N815
    do_PUT = do_POST  # noqa: N815
    do_DELETE = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that break off are what the tests are about."""


Answer = Callable[[Handler], None]


@dataclass
class Receiver:
    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    gone: Event = field(default_factory=Event)
    stopped: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def next_answer(self) -> Answer:
        """Return the next scripted answer; the last one stays."""
        if not self.answers:
            return says(204)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if status not in {204, 304}:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cuts(handler: Handler) -> None:
    """Accept the request, then close the line without a word."""
    handler.connection.close()


def hangs(handler: Handler) -> None:
    """Accept the request and say nothing until the test ends."""
    handler.receiver.stopped.wait(30)


def trickles(handler: Handler) -> None:
    """Send a head, then a body of one byte at a time, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not handler.receiver.stopped.wait(0.02):
        handler.wfile.write(b"x")


def trickles_the_head(handler: Handler) -> None:
    """Send headers one byte at a time, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.receiver.stopped.wait(0.02):
        handler.wfile.write(b"x")


def floods(handler: Handler) -> None:
    """Send a body without end, as fast as the line takes it."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while not handler.receiver.stopped.is_set():
        handler.wfile.write(b"x" * 65536)


@contextmanager
def receiving(*answers: Answer, host: str = "127.0.0.1", tls: SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver for the block's time."""
    receiver = Receiver(answers=list(answers))
    handler = type("BoundHandler", (Handler,), {"receiver": receiver})
    server = Server((host, 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
