"""Real processes for the tests of Procfile and docker-compose.yml."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.waiting import wait_until
from tools.devserver.server import ROOT

PATIENCE = 120.0
PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz",
    "SITE_URL": "https://afterword.example",
    "FLOWER_BASIC_AUTH": "operator:only-for-this-test",
    "EMAIL_URL": "smtp://127.0.0.1:9",
}


class Process:
    """A command in a session of its own, and what it said."""

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.command, self.log = command, log
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, env={**env, "PATH": path}, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
            )

    def await_said(self, *words: str) -> None:
        for word in words:
            wait_until(lambda word=word: word in self.said() or self.ended(), PATIENCE)  # type: ignore[misc]
            assert word in self.said(), f"{self.command} ended or never said {word!r}:\n{self.said()[-3000:]}"

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def ended(self) -> bool:
        return self.process.poll() is not None

    def end(self, number: signal.Signals) -> int:
        if not self.ended():
            self.process.send_signal(number)
        return self.process.wait(60)


def queues(command: str) -> list[str]:
    """Return the queues that a worker's command names."""
    found = re.search(r"-Q ([a-z,]+)", command)
    return found[1].split(",") if found else []


def plain_environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without what pytest added, and with the settings; an empty one is removed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {name: value for name, value in {**kept, **settings}.items() if value}


def answers(port: int, path: str, env: Mapping[str, str]) -> bool:
    """Run the health check of docker-compose.yml."""
    probe = [sys.executable, "-m", "config.probe", str(port), path]
    return subprocess.run(probe, env=dict(env), cwd=ROOT, capture_output=True, check=False, timeout=30).returncode == 0


def status(port: int, path: str) -> int:
    """Return the status with which a stranger's request is answered."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


@contextmanager
def empty_database() -> Iterator[str]:
    """Yield the address of a database of its own on the session's server."""
    given = os.environ["DATABASE_URL"]
    name = f"processes_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(given.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
