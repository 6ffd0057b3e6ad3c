"""A supervisor as a process of its own, with what it said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers import unused_port
from tools.devserver import orphans
from tools.devserver.server import ROOT


class Run:
    """`python -m tools.devserver <command>` over a data folder of its own."""

    def __init__(self, folder: Path, settings: dict[str, str], root: Path = ROOT) -> None:
        self.folder, self.root = folder, root
        self.log = folder / "said.log"
        self.procfile = folder / "Procfile"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.env = {**kept, "DATA_DIR": str(folder / "data"), "MAILBOX_PORT": str(unused_port()), **settings}
        self.env = {name: value for name, value in self.env.items() if value}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, procfile: str, until: str = "Everything is up") -> None:
        self.procfile.write_text(procfile)
        with self.log.open("wb") as log:
            command = [*self._command("run"), "--procfile", str(self.procfile)]
            self.process = subprocess.Popen(
                command,
                env=self.env,
                cwd=self.root,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_hear_interrupts,
            )
        self.await_said(until)

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments), env=self.env, cwd=self.root, capture_output=True, text=True, timeout=100, check=False
        )

    def end(self, number: int = signal.SIGINT) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(60)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def await_said(self, words: str) -> None:
        wait_for(lambda: words in self.said() or self._ended(), f"{words!r} in\n{self.said()}")
        assert words in self.said(), self.said()

    def children(self) -> list[int]:
        """Return every process that carries this run's mark, or is a server of it."""
        record = self.folder / "data" / "processes.json"
        return sorted({*orphans.marked(f"AFTERWORD_SUPERVISED={record}"), *orphans.recall(record).values()})

    def _ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tools.devserver", *arguments]


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition: Callable[[], bool], what: str, patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
