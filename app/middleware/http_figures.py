"""How many requests were answered and how long that took, in memory that all workers of a gunicorn master share.

Each worker writes a part of its own, without a lock that a killed one could keep; a scrape adds the parts up. No Django here:
the master makes the memory before it forks, and has not loaded Django.
"""

from __future__ import annotations

import mmap
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

BOUNDS = (0.01, 0.05, 0.2, 1.0, 5.0)
"""Upper bounds of the buckets, in seconds; one more bucket holds what took longer."""
PARTS = 16
PLACES = 400
"""Routes with a status that a part can hold; the last one is for all others."""
NAME = 60
ROW = struct.Struct(f"{NAME}sd{len(BOUNDS) + 1}Q")
OTHERS = "other:0"
_memory = mmap.mmap(-1, PARTS * PLACES * ROW.size)


@dataclass
class Answers:
    """What was answered under one route with one status."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def add(self, seconds: float, buckets: list[int]) -> None:
        self.seconds += seconds
        self.buckets = [a + b for a, b in zip(self.buckets, buckets, strict=True)]


class _Part:
    """The part of this process. A later worker of the same number goes on where the earlier one ended."""

    def __init__(self, number: int) -> None:
        self.start = number % PARTS * PLACES * ROW.size
        self.lock = threading.Lock()
        self.places = {name: place for place, (name, _, _) in enumerate(_rows(self.start))}

    def count(self, name: str, seconds: float) -> None:
        bucket = sum(seconds > bound for bound in BOUNDS)
        with self.lock:
            at = self.start + self._place(name) * ROW.size
            kept, total, *buckets = ROW.unpack_from(_memory, at)
            buckets[bucket] += 1
            ROW.pack_into(_memory, at, kept, total + seconds, *buckets)

    def _place(self, name: str) -> int:
        if name not in self.places and len(self.places) >= PLACES - 1:
            name = OTHERS
        if name not in self.places:
            self.places[name] = len(self.places)
            ROW.pack_into(_memory, self.start + self.places[name] * ROW.size, name.encode(), 0.0, *Answers().buckets)
        return self.places[name]


def _rows(start: int) -> Iterator[tuple[str, float, list[int]]]:
    for place in range(PLACES):
        name, seconds, *buckets = ROW.unpack_from(_memory, start + place * ROW.size)
        if not name.rstrip(b"\0"):
            return
        yield name.rstrip(b"\0").decode(errors="replace"), seconds, buckets


_part = _Part(0)


def use_part(number: int) -> None:
    """Let this process, the `number`th of its master, write what it answers to its own part."""
    global _part
    _part = _Part(number)


def count(route: str, status: int, seconds: float) -> None:
    _part.count(f"{route.encode()[: NAME - 4].decode(errors='ignore')}:{status}", seconds)


def totals() -> dict[tuple[str, str], Answers]:
    """Return what all processes answered, by route and status."""
    found: dict[tuple[str, str], Answers] = {}
    for number in range(PARTS):
        for name, seconds, buckets in _rows(number * PLACES * ROW.size):
            route, _, status = name.rpartition(":")
            found.setdefault((route, status), Answers()).add(seconds, buckets)
    return found
