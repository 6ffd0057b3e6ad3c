"""The servers of a test session, and what a killed session leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import servers
from tools.devserver import orphans


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(servers, "BASE", tmp_path)
    return tmp_path


def left(base: Path, name: str, **processes: int) -> Path:
    """Return the folder of an earlier session, a minute old."""
    folder = base / f"afterword-test-{name}"
    folder.mkdir()
    orphans.remember(folder / "processes.json", processes)
    os.utime(folder, (folder.stat().st_mtime - 60,) * 2)
    return folder


@contextmanager
def running() -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own, as the real ones are, that has begun: Python may lose a signal while it starts."""
    command = [sys.executable, "-c", "print('ready', flush=True); input()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as server:
        assert server.stdout
        server.stdout.readline()
        yield server


class TestTheSweepOfLeftovers:
    def test_ends_the_servers_of_a_killed_session_and_removes_its_folder(self, base: Path) -> None:
        with running() as server:
            folder = left(base, "killed", postgres=server.pid)
            servers.sweep_leftovers()
            assert (folder.exists(), server.poll() is not None) == (False, True)

    def test_leaves_a_session_that_runs_alone(self, base: Path) -> None:
        folder = left(base, "running", session=os.getpid())
        servers.sweep_leftovers()
        assert folder.exists()

    def test_goes_on_where_a_folder_disappears_meanwhile(self, base: Path) -> None:
        (base / "afterword-test-gone").symlink_to(base / "nowhere")
        folder = left(base, "killed")
        servers.sweep_leftovers()
        assert not folder.exists()
