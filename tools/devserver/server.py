"""A program that is started, judged by connecting to it, and ended by a signal of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = Path(__file__).with_name("launch.py")
PATIENCE = 60.0


class Server(Protocol):
    """One bundled server, as data."""

    @property
    def name(self) -> str: ...
    @property
    def user(self) -> tuple[int, int] | None: ...
    @property
    def needs(self) -> list[Path]: ...
    @property
    def stop_signal(self) -> signal.Signals: ...

    def prepare(self) -> None:
        """Make what it needs on disk; safe to do again."""

    def command(self) -> list[str]: ...

    def ready(self) -> bool:
        """Connect, ask, and return whether it answered."""


class DidNotStart(SystemExit):
    """A server ended, or did not answer in time; the message holds its last lines."""


def launched(server: Server, command: list[str]) -> list[str]:
    """Return the command under launch.py: as the server's user, ending with this process."""
    order = {
        "user": server.user,
        "needs": [str(path) for path in server.needs],
        "signal": int(server.stop_signal),
        "parent": os.getpid(),
    }
    return [sys.executable, "-I", str(LAUNCH), json.dumps(order), *command]


def start(
    server: Server, output: IO[bytes] | int | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, so that the terminal's Ctrl-C reaches the starter alone."""
    server.prepare()
    return subprocess.Popen(
        launched(server, server.command()),
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
    )


def await_ready(server: Server, process: subprocess.Popen[bytes], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not server.ready():
        if process.poll() is not None:
            raise DidNotStart(f"{server.name} ended with status {process.returncode}.")
        if time.monotonic() > deadline:
            raise DidNotStart(f"{server.name} did not answer within {patience:g} s.")
        time.sleep(0.03)


def stop(server: Server, process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """Ask it to end, wait, insist."""
    if process.poll() is None:
        process.send_signal(server.stop_signal)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(patience)
