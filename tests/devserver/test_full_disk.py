"""`make run` while nothing can be written, and after that."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.devserver.running import Run, wait_for
from tools.devserver import orphans

Maker = Callable[..., Run]
WRITER = """sh -c 'echo here > "$DATA_DIR/written" && rm "$DATA_DIR/written" && echo has-written && exec sleep 600'"""

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of a running process"),
]


def allow_files_of(run: Run, size: int) -> None:
    """Let the supervisor, and what it starts from now on, write files up to so many bytes: with 0 every write fails."""
    assert run.process
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class PipedRun(Run):
    """A run that speaks into a pipe: into a file it could say nothing while nothing can be written."""

    def start(self, procfile: str, until: str = "Everything is up") -> None:
        self.copy, self.log = self.log, self.folder / "pipe"
        os.mkfifo(self.log)
        self.copier = subprocess.Popen(["sh", "-c", 'exec cat < "$0" > "$1"', str(self.log), str(self.copy)])
        super().start(procfile, until)

    def said(self) -> str:
        return self.copy.read_text(errors="replace") if self.copy.exists() else ""

    def end(self, number: int = signal.SIGINT) -> int:
        status = super().end(number)
        self.copier.wait(10)
        return status


@pytest.fixture
def run(supervised: Maker) -> PipedRun:
    made = supervised()
    made.__class__ = PipedRun
    assert isinstance(made, PipedRun)
    return made


class TestAFullDisk:
    @pytest.mark.long
    def test_ends_nothing_and_all_comes_back_when_there_is_room(self, run: PipedRun) -> None:
        run.start(f"writer: {WRITER}\n")
        run.await_said("has-written")
        record = run.folder / "data" / "processes.json"
        first = orphans.recall(record)["writer"]

        allow_files_of(run, 0)
        os.kill(first, signal.SIGKILL)
        run.await_said("cannot write processes.json: File too large; trying again")
        run.await_said("is full: what ends is started again until there is room")
        wait_for(lambda: run.said().count("ended by itself") >= 6, "more failures than a healthy disk forgives")
        assert run.process
        assert run.process.poll() is None
        assert run.said().count("cannot write") == 1

        allow_files_of(run, resource.RLIM_INFINITY)
        wait_for(lambda: run.said().count("has-written") == 2, "the program again")
        wait_for(lambda: orphans.recall(record).get("writer") not in {None, first}, "the record again")

    def test_lets_everything_end_when_asked(self, run: PipedRun) -> None:
        run.start("sleeper: sleep 600\n")
        allow_files_of(run, 0)
        assert run.process
        assert run.end(signal.SIGINT) == 0
        assert run.children() == []
        assert (run.folder / "data" / "run.lock").read_text().split()[0] == str(run.process.pid)
