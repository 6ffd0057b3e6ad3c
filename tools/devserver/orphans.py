"""Know our own processes again after we were killed: a process is its id and the time of its start."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

LINUX = sys.platform == "linux"


def stamp(pid: int) -> str | None:
    """Return what distinguishes this process from a later one of the same id, or None when it has ended."""
    if LINUX:
        return _linux_stamp(pid)
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    state, _, started = shown.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def _linux_stamp(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def remember(record: Path, processes: Mapping[str, int]) -> None:
    """Write the processes down, whole or not at all."""
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps({name: [pid, stamp(pid)] for name, pid in processes.items()}))
    fresh.replace(record)


def recall(record: Path) -> dict[str, int]:
    """Return those of the record that still run and are the same processes."""
    try:
        known = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: pid for name, (pid, started) in known.items() if started and stamp(pid) == started}


def alive(pid: int) -> bool:
    return stamp(pid) is not None


def end(pid: int, ask: signal.Signals, patience: float = 10) -> None:
    """Ask a process that is not our child to end, wait, insist on its whole session."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, ask)
    if not gone(pid, patience):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        gone(pid, patience)


def gone(pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def marked(setting: str) -> list[int]:
    """Return the processes that carry this setting in their environment; on Linux, elsewhere none."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if setting.encode() in (folder / "environ").read_bytes().split(b"\0") and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return [pid for pid in found if alive(pid)]
