"""What waiting costs: runs and processor time per minute."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.rig import WORKERS, Rig

TICKS = os.sysconf("SC_CLK_TCK")
RUNS = "SELECT coalesce(sum(attempt), 0) FROM effects_effect WHERE task = '{task}'"


@dataclass(frozen=True, kw_only=True)
class Minute:
    """So many runs of a task in a minute, and the share of one processor that the workers took for all that they did."""

    runs: int
    share: float

    def __str__(self) -> str:
        return f"{self.runs} runs at {self.share:.0%}"


def minutes(rig: Rig, task: str, until: float) -> Iterator[Minute]:
    """Yield what each minute cost until that moment; of a short time, what each fifth of it would cost in a minute."""
    length = min(60.0, (until - time.time()) / 5)
    read = [time.time(), rig.count(RUNS.format(task=task)), spent(rig)]
    while read[0] + length / 2 < until:
        time.sleep(max(0.0, min(read[0] + length, until) - time.time()))
        now = [time.time(), rig.count(RUNS.format(task=task)), spent(rig)]
        seconds, runs, used = (new - old for new, old in zip(now, read, strict=True))
        read = now
        yield Minute(runs=round(runs * 60 / seconds), share=used / seconds)


def spent(rig: Rig) -> float:
    """Return the seconds of processor time that the workers and their pools have taken so far, the dead children's too."""
    ticks = 0
    for worker in WORKERS:
        ticks += sum(used(rig.processes[worker].pid))
        ticks += sum(sum(used(child)[:2]) for child in rig.children(worker))
    return ticks / TICKS


def used(pid: int) -> list[int]:
    """Return utime, stime, cutime and cstime (proc_pid_stat(5)); nothing of a process that is gone."""
    with contextlib.suppress(OSError):
        return [int(field) for field in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]]
    return []
