"""How long a run took, and how many CPU seconds the processes of one machine spent on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Pass:
    """So many done in so many seconds, by so many CPU seconds."""

    number: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.number / self.seconds

    @property
    def cost(self) -> float:
        """CPU seconds for one."""
        return self.cpu / self.number

    def mean(self, other: Pass) -> Pass:
        """Return a run of one second at the mean of both rates, and at the mean of both costs."""
        rate = (self.rate + other.rate) / 2
        return Pass(round(rate), round(rate) / rate, round(rate) * (self.cost + other.cost) / 2)


class Machine:
    """The servers that all contenders share; this process's own connection costs none of them anything."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.own: int = connection.connection.info.backend_pid
        postmaster = _processes()[self.own][0]
        self.servers = [
            postmaster,
            int(Redis.from_url(str(settings.CACHES["default"]["LOCATION"])).info("server")["process_id"]),
        ]

    def cpu(self, *workers: int) -> float:
        """Return the CPU seconds so far of the servers and of these processes, with all their children."""
        known = _processes()
        children: dict[int, list[int]] = {}
        for pid, (parent, _) in known.items():
            children.setdefault(parent, []).append(pid)
        total, queue = 0, [*self.servers, *workers]
        while queue:
            pid = queue.pop()
            queue += children.get(pid, [])
            total += 0 if pid == self.own else known.get(pid, (0, 0))[1]
        return total / TICKS


def _processes() -> dict[int, tuple[int, int]]:
    """Return parent and ticks, those of children that have ended included, of each process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        found[int(folder.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found
