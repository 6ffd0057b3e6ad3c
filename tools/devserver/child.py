"""One supervised process: started, watched, started again after a pause, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.devserver import server
from tools.devserver.output import Listener, Voice

SOON = 30.0
TRIES = 5
LONGEST = 8


@dataclass(eq=False)
class Child:
    """A server or program, and its process when it runs."""

    server: server.Server
    listener: Listener
    env: Mapping[str, str]
    voice: Voice = field(init=False)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    failures: int = 0
    due: float | None = None

    def __post_init__(self) -> None:
        self.voice = Voice(self.server.name)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def hopeless(self) -> bool:
        return self.failures >= TRIES

    def start(self) -> None:
        self.process = server.start(self.server, subprocess.PIPE, self.env)
        self.listener.attend(self.process.stdout, self.voice)
        self.started, self.due = time.monotonic(), None

    def watch(self) -> bool:
        """Start it again when that is due; return whether a process was started."""
        if self.running or self.hopeless:
            return False
        if self.due is None:
            self._plan()
        elif time.monotonic() >= self.due:
            return self._start_again()
        return False

    def forgive(self) -> None:
        """Go on trying: it fails for a reason that is not its own."""
        self.failures = min(self.failures, TRIES - 2)

    def _start_again(self) -> bool:
        try:
            self.start()
        except OSError as error:
            self.due = time.monotonic() + LONGEST
            self.voice.say(f"cannot start: {error}; tried again in {LONGEST} s")
            return False
        return True

    def _plan(self) -> None:
        """Say that it ended, and when it starts again: later each time it ends soon after its start."""
        self.sweep()
        lived = time.monotonic() - self.started
        self.failures = self.failures + 1 if lived < SOON else 1
        pause = min(0.5 * 2 ** (self.failures - 1), LONGEST)
        self.due = time.monotonic() + pause
        then = "that is too often" if self.hopeless else f"it starts again in {pause:g} s"
        self.voice.say(f"ended by itself ({self.outcome}) after {lived:.0f} s; {then}")

    def ask_to_end(self) -> None:
        """Signal the process alone: a signal to its group would end a Celery worker's children in the middle of a task."""
        if self.process and self.running:
            self.process.send_signal(self.server.stop_signal)

    def sweep(self) -> None:
        """End what the process left in its session."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def outcome(self) -> str:
        status = self.process.returncode if self.process else 0
        return f"status {status}" if status >= 0 else signal.Signals(-status).name
