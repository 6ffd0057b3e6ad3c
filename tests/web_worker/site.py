"""A real gunicorn with the shipped configuration, and clients that are slow."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.db import connection
from psycopg import Connection

from tests.architecture.processes import PRODUCTION, Process, plain_environment
from tests.servers import unused_port
from tests.waiting import wait_until

ONE_WORKER = "--workers 1"
PICTURE = "big.bin"
SIZE = 16 * 2**20


class Site:
    """The web process of the Procfile over the test's database."""

    def __init__(self, folder: Path, options: str = "", **settings: str) -> None:
        self.port = unused_port()
        self.folder = folder
        media = folder / "data" / "media"
        media.mkdir(parents=True, exist_ok=True)
        (media / PICTURE).write_bytes(os.urandom(2**20) * 16)
        own = {**PRODUCTION, "DEBUG": "on", "SITE_URL": f"http://127.0.0.1:{self.port}", "DATABASE_URL": database_url()}
        env = {**own, "PORT": str(self.port), "DATA_DIR": str(folder / "data"), "GUNICORN_CMD_ARGS": options, **settings}
        command = ["gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
        self.process = Process(command, plain_environment(**env), folder / f"web-{self.port}.log")

    def start(self, workers: int) -> None:
        """Return once so many workers answer."""
        wait_until(lambda: len(self.workers()) >= workers and self.answers(), 90)

    def workers(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", self.process.said())]

    def answers(self, path: str = "/healthz", within: float = 2.0) -> bool:
        try:
            return self.get(path, within=within, X_Forwarded_Proto="https")[0] == 200
        except (OSError, HTTPException):
            return False

    def get(self, path: str, *, within: float = 30.0, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers; the names of the headers are in lower case."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=within)
        try:
            client.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = client.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            client.close()

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        return client

    def send(self, number: signal.Signals) -> None:
        self.process.process.send_signal(number)

    def end(self) -> int:
        return self.process.end(signal.SIGTERM)


@contextmanager
def serving(folder: Path, options: str = "", **settings: str) -> Iterator[Site]:
    site = Site(folder, options, **settings)
    try:
        site.start(1 if ONE_WORKER in options else 2)
        yield site
    finally:
        site.end()


def database_url() -> str:
    """Return the address of the database that the tests use, which has all tables."""
    given = urlsplit(os.environ["DATABASE_URL"])
    return given._replace(path="/" + quote(str(connection.settings_dict["NAME"]))).geturl()


@contextmanager
def locked(table: str) -> Iterator[Connection]:
    """Hold up every request that reads the table."""
    with Connection.connect(database_url().replace("postgres://", "postgresql://")) as database:
        database.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())  # type: ignore[arg-type]
        yield database
        database.rollback()


HEADERS = b"POST /subscribe/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BEGINNINGS = {
    "headers": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "body": HEADERS + b"Content-Length: 50000\r\n\r\n",
    "big body": HEADERS + b"Content-Length: 50000\r\n\r\n" + b"a" * 40_000,
    "unread": f"GET /media/{PICTURE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(),
    "keep-alive": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}
DRIPS = ("headers", "body", "big body")


@contextmanager
def slow_clients(site: Site, kind: str, number: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections of a kind open; the caller drips."""
    with ExitStack() as stack:
        clients = []
        for _ in range(number):
            client = stack.enter_context(site.connect(4096 if kind == "unread" else None))
            client.sendall(BEGINNINGS[kind])
            if kind == "keep-alive":
                assert client.recv(65536).startswith(b"HTTP/1.1 200")
            clients.append(client)
        yield clients


def drip(clients: list[socket.socket]) -> None:
    for client in clients:
        with suppress(OSError):
            client.send(b"a")


def waits(site: Site, kind: str, number: int, probes: int) -> list[float]:
    """Return how many seconds each request of a reader took beside so many slow clients, who drip a byte a probe."""
    found = []
    with slow_clients(site, kind, number) as clients:
        for _ in range(probes):
            if kind in DRIPS:
                drip(clients)
            began = time.monotonic()
            assert site.get("/healthz", within=20)[0] == 200
            found.append(time.monotonic() - began)
            time.sleep(max(0.0, 0.2 - found[-1]))
    return found
