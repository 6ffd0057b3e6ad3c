"""Bytes near the process: fetching half a megabyte from the database costs more than all else in serving a feed."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

Key = tuple[str, str, str]


class Copies:
    """The bodies that were sent last, by scope, format and etag; an etag never means other bytes. Bounded in bytes."""

    def __init__(self, limit: int = 16 * 2**20) -> None:
        self.limit = limit
        self.size = 0
        self._bodies: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> bytes | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def put(self, key: Key, body: bytes) -> None:
        with self._lock:
            self.size += len(body) - len(self._bodies.pop(key, b""))
            self._bodies[key] = body
            while self.size > self.limit:
                _, gone = self._bodies.popitem(last=False)
                self.size -= len(gone)


copies = Copies()
