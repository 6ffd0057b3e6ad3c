"""Which workers of a gunicorn master are still loading, in memory that the master shares with them.

gunicorn ends the old workers of a SIGHUP as soon as it has forked the new ones, which need seconds to load Django: an old
one that can see them goes on until they answer.
"""

from __future__ import annotations

import mmap
from typing import Any

GONE, LOADING, READY = 0, 1, 2
PLACES = mmap.PAGESIZE
_states = mmap.mmap(-1, PLACES)


def set_state(age: int, state: int) -> None:
    """Note it for the worker that was the `age`th of this master."""
    _states[age % PLACES] = state


def is_any_loading() -> bool:
    return _states.find(bytes([LOADING]), 0) >= 0


def ready() -> int:
    """Return how many workers answer."""
    return _states[:].count(READY)


def child_exit(_master: Any, worker: Any) -> None:
    """gunicorn's hook of that name: forget a worker, however it ended."""
    set_state(worker.age, GONE)
