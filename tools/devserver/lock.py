"""One supervisor for each data folder."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

ENDING = "ending"
MOMENT, LONG = 2.0, 90.0


class StillRunning(SystemExit):
    """Another supervisor holds the folder."""


class Lock:
    """An exclusive lock on a file that names its holder; gone with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[str] | None = None

    def take(self) -> None:
        """Hold the lock, after waiting for a holder that is ending, or raise StillRunning."""
        started = time.monotonic()
        while not self._try():
            pid, state = self.holder()
            if time.monotonic() - started > (LONG if state == ENDING else MOMENT):
                raise StillRunning(f"Afterword is still running from this folder (pid {pid}); `make stop` ends it.")
            time.sleep(0.1)
        self._write("")

    def say_ending(self) -> None:
        # On a full disk another start waits less long for this one, and that is all.
        with suppress(OSError):
            self._write(ENDING)

    def holder(self) -> tuple[int, str]:
        """Return the process that wrote the file last, and its state."""
        while not (words := self.path.read_text().split()):
            time.sleep(0.01)
        return int(words[0]), words[1] if len(words) > 1 else ""

    def held(self) -> bool:
        """Return whether some process holds it now."""
        if not self.path.exists():
            return False
        if free := self._try():
            self.release()
        return not free

    def release(self) -> None:
        if self.file:
            self.file.close()
            self.file = None

    def _try(self) -> bool:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self.file = file
        return True

    def _write(self, state: str) -> None:
        if self.file is None:
            raise ValueError("the lock is not held")
        # Over what is there, and cut afterwards: a file that was emptied first would stay empty on a full disk.
        words = f"{os.getpid()} {state}".encode()
        os.pwrite(self.file.fileno(), words, 0)
        os.ftruncate(self.file.fileno(), len(words))


def end_holder(lock: Lock) -> None:
    """Ask the holder to end everything, and wait until it has."""
    pid, _ = lock.holder()
    print(f"Ending Afterword (pid {pid})...")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + LONG
    while lock.held():
        if time.monotonic() > deadline:
            sys.exit(f"Process {pid} did not end within {LONG:g} s; `kill -9 {pid}`, then `make stop` again.")
        time.sleep(0.1)
