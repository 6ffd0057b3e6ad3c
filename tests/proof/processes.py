"""Processes that die: what a test holds of tests/proof/actor.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from tests.servers import HOME
from tests.waiting import wait_until

ACTOR = [sys.executable, "-W", "ignore", "-m", "tests.proof.actor"]


class Actor:
    """A server that forks a child for each order."""

    def __init__(self) -> None:
        self.children: set[int] = set()
        self.log = Path(os.environ[HOME]) / f"actor-{os.getpid()}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ACTOR, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def __call__(self, *order: object, crash_at: str = "") -> int:
        """Do it in a child and return its exit code: 137 where it died at the point."""
        return self.start(*order, crash_at=crash_at).wait()

    def start(self, *order: object, crash_at: str = "") -> Child:
        pid = self.ask({"start": [str(word) for word in order], "crash_at": crash_at})
        self.children.add(pid)
        return Child(self, pid)

    def await_end(self, pid: int) -> int:
        self.children.discard(pid)
        return self.ask({"wait": pid})

    def end_children(self) -> None:
        """Kill what a failed test left frozen or busy: it may hold locks."""
        for pid in list(self.children):
            os.kill(pid, signal.SIGKILL)
            self.await_end(pid)

    def ask(self, question: dict[str, object]) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()
        return int(answer)

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@dataclass
class Child:
    actor: Actor
    pid: int

    def wait(self) -> int:
        return self.actor.await_end(self.pid)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def await_freeze(self) -> None:
        """Return once the process is stopped, as SIGSTOP leaves it."""
        wait_until(lambda: self._state() == "T")

    def _state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]


def once(*order: object, crash_at: str = "") -> int:
    """Do it in a fresh process that reads $OWED_CRASH_AT, and return its exit code."""
    env = {**environment(), "OWED_CRASH_AT": crash_at}
    return subprocess.run([*ACTOR, *map(str, order)], env=env, timeout=60, check=False).returncode


def environment() -> dict[str, str]:
    """Return what leads a process to this session's test database."""
    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
