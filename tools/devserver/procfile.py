"""The Procfile: names and commands, as Heroku and honcho read it."""

from __future__ import annotations

import re
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

ENTRY = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$", re.MULTILINE)


def read(path: Path) -> dict[str, str]:
    """Return the commands by name, in the file's order."""
    try:
        entries = dict(ENTRY.findall(path.read_text()))
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror}.")
    return entries or sys.exit(f"{path} names no process.")


@dataclass(frozen=True, kw_only=True)
class Program:
    """One entry of the Procfile, to be started and, where it listens, judged by connecting."""

    name: str
    line: str
    port: int | None = None
    user: None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def needs(self) -> list[Path]:
        return []

    def prepare(self) -> None:
        """Need nothing."""

    def command(self) -> list[str]:
        return ["/bin/sh", "-c", f"exec {self.line}"]

    def ready(self) -> bool:
        if self.port is None:
            return True
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError:
            return False
        return True
