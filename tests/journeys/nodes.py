"""Nodes of pytest-celery backed by processes: a process group answers to the names of a container."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from pytest_celery import CeleryWorkerContainer, RedisContainer

from tools.devserver import server
from tools.devserver.procfile import Program
from tools.devserver.valkey import Valkey

KEEPS_NOTHING = ("--appendonly", "no", "--maxmemory-policy", "noeviction")
SAMPLES = "tests.journeys.sample_tasks"
PATIENCE = 120.0


class ProcessNode:
    """What pytest-celery asks of a container, asked of a process group of ours."""

    def __init__(self, program: server.Server, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.program = program
        self.environment = {**os.environ, **(env or {})}
        self.key = uuid4().hex
        self.log = folder / f"{program.name}-{self.key[:8]}.log"
        self.log.touch()
        self.start()

    def start(self) -> None:
        """Start the program; only what it logs from here on says that it is ready."""
        self.began_at = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.process = server.start(self.program, log, self.environment)

    @property
    def id(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return f"{self.program.name}-{self.key[:8]}"

    @property
    def attrs(self) -> dict[str, Any]:
        return {"Config": {"Hostname": "localhost"}, "State": {"Pid": self.process.pid}}

    @property
    def status(self) -> str:
        return "running" if self.process.poll() is None else "exited"

    def reload(self) -> None:
        self.process.poll()

    def logs(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def fresh_logs(self) -> str:
        """Return what was logged since the last start."""
        return self.log.read_bytes()[self.began_at :].decode("utf-8", "replace")

    def ready(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.status == "exited":
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.fresh_logs()[-3000:]}")
            if self.answers():
                return True
            time.sleep(0.03)
        return False

    def answers(self) -> bool:
        return self.program.ready()

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """Signal the whole group, as a machine that goes down does. After SIGKILL it is gone on return."""
        number = _number(signal)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        if number == _number("SIGKILL"):
            self.process.wait(PATIENCE)

    def restart(self, timeout: float = PATIENCE) -> None:
        self.end(timeout)
        self.start()
        assert self.ready()

    def exec_run(self, cmd: str) -> tuple[int, bytes]:
        done = subprocess.run(
            cmd, shell=True, env=self.environment, cwd=server.ROOT, capture_output=True, timeout=PATIENCE, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(timeout)

    def end(self, timeout: float = PATIENCE) -> None:
        """Ask the leader to end, wait, then kill what is left of the group."""
        if self.status == "running":
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()

    def teardown(self) -> None:
        """Leave it running: the fixture that started it ends it, after the module's last test."""


class BrokerProcess(ProcessNode, RedisContainer):
    """A Valkey on a socket that keeps nothing through a restart: the broker is disposable."""

    def __init__(self, folder: Path) -> None:
        place = {"data": folder / "broker", "socket": folder / "broker.sock"}
        super().__init__(Valkey(name="broker", policy=KEEPS_NOTHING, **place), folder)

    @property
    def url(self) -> str:
        return f"redis+socket://{self.program.socket}?virtual_host=0"

    @property
    def host_url(self) -> str:
        return self.url

    @property
    def celeryconfig(self) -> dict[str, Any]:
        return {"url": self.url, "host_url": self.url, "hostname": "localhost", "port": 0, "vhost": "0"}

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.program.socket), socket_timeout=5, decode_responses=True)


class CommandProcess(ProcessNode):
    """A command of the real project, as the Procfile would start it."""

    def __init__(self, name: str, *line: str, folder: Path, env: Mapping[str, str], port: int | None = None) -> None:
        super().__init__(Program(name=name, line=shlex.join([sys.executable, "-m", *line]), port=port), folder, env)


class WorkerProcess(CommandProcess, CeleryWorkerContainer):
    """`celery -A worker worker` of the real project, with the sample effects besides its own."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, name: str = "journey", samples: str = SAMPLES) -> None:
        options = ("-n", f"{name}@%h", "--concurrency=2", "--without-mingle", "-I", samples)
        super().__init__("worker", "celery", "-A", "worker", "worker", *options, folder=folder, env=env)

    @property
    def celeryconfig(self) -> dict[str, Any]:
        return {}

    def answers(self) -> bool:
        return " ready." in self.fresh_logs()


def with_name(database_url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlsplit(database_url)._replace(path=f"/{name}").geturl()


def _number(name: str | int) -> int:
    return int(name) if isinstance(name, int) else int(getattr(signal, name))
