"""What the fakes of networks share: a real HTTP server on loopback that can be told how the next calls go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, kw_only=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body or b"{}")
        return said

    @property
    def fields(self) -> dict[str, Any]:
        """Return what the body says, be it JSON or a form."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return self.json
        said = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name.removesuffix("[]"): each if name.endswith("[]") else each[0] for name, each in said.items()}


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How a call goes wrong. `acts`: the network does what it was told before that. No status: the line is cut."""

    match: str
    acts: bool = False
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": "told to"}'


class FakeNetwork:
    """Keeps posts of one account; remembers every call."""

    wrong_secret = "wrong-secret"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.revoked = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, call: Call) -> Answer:
        raise NotImplementedError

    def texts(self) -> list[str]:
        """Return what readers see."""
        raise NotImplementedError

    def take_fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if f"{call.method} {call.path}".startswith(fault.match):
                self.faults.remove(fault)
                return fault
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeNetwork

    def do_POST(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(method=self.command, path=self.path, headers=headers, body=body)
        self.fake.calls.append(call)
        fault = self.fake.take_fault(call)
        if fault is None:
            answer = self.fake.answer(call)
            self._say(answer.status, json.dumps(answer.body or {}).encode(), answer.headers)
            return
        if fault.acts:
            self.fake.answer(call)
        if fault.status:
            self._say(fault.status, fault.body, fault.headers)

    do_GET = do_POST  # noqa: N815
    do_PUT = do_POST  # noqa: N815
    do_PATCH = do_POST  # noqa: N815
    do_DELETE = do_POST  # noqa: N815

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**told, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@contextmanager
def serving(make: Callable[[], FakeNetwork]) -> Iterator[FakeNetwork]:
    """Run a fake for the block's time."""
    fake = make()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"fake": fake}))
    fake.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
