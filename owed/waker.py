"""One thread in each process that sends workers hints of what is ready; a hint is never a promise."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import crash, registry

logger = logging.getLogger(__name__)

COALESCE = 0.02
REST = 0.05
# Seconds without a try after a failure, so that a dead broker costs a busy process one timeout in two seconds.
MUTE = 2.0
FLUSH_AT_EXIT = 0.5
# If the broker is away for long, the oldest hints fall out first: the sweeper rings again what they named.
LIMIT = 100_000
BATCHES = 5
SINGLES = 20


@dataclass(frozen=True)
class Hint:
    """Say that these effects of one task may run."""

    task: str
    ids: tuple[int, ...]
    low: bool = False
    """Whether it may wait behind the other hints of its queue."""


Publish = Callable[[list[Hint]], None]


def pack(pairs: Iterable[tuple[str, int]], *, low: bool = False) -> list[Hint]:
    """Return as few hints as the tasks allow, ids in order: a message costs as much as fifty effects of a batch."""
    by_task: dict[str, list[int]] = defaultdict(list)
    for task, pk in pairs:
        by_task[task].append(pk)
    return [Hint(task, some, low) for task, ids in by_task.items() for some in _cut(ids, _size(task, len(ids)))]


def _cut(ids: list[int], size: int) -> list[tuple[int, ...]]:
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def _size(task: str, waiting: int) -> int:
    """Return how many effects a hint names: as many as leave enough hints for all children of all workers.

    Otherwise one child would do one after another what several could do at once.
    """
    spec = registry.find(task)
    if spec is not None and spec.limits:
        # Those that find no slot would be claimed and put back by this child alone.
        return 1
    if spec is None or spec.batch == 1:
        return max(1, min(SINGLES, waiting // 16))
    return spec.batch * max(1, min(BATCHES, waiting // spec.batch // 2))


class Waker:
    """Collects ids for 20 ms, then publishes them in one go, and rests for 50 ms: under load one flush serves many commits.

    Silent for a while after a failure.
    """

    def __init__(self) -> None:
        self.publish: Publish | None = None
        self.lost = 0
        self._reset()

    def _reset(self) -> None:
        self._pending: deque[tuple[str, int, bool]] = deque(maxlen=LIMIT)
        self._news = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._muted_until = 0.0

    def wake(self, ready: Iterable[tuple[str, int]], *, low: bool = False) -> None:
        """Take ids and return at once."""
        if self.publish is None or not ready:
            return
        self._pending.extend((task, pk, low) for task, pk in ready)
        self._idle.clear()
        self._news.set()
        # Not at import: a server that forks afterwards would leave the thread behind in the parent.
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="effects-waker", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        while True:
            self._news.wait()
            time.sleep(COALESCE)
            self._news.clear()
            self._flush()
            if not self._pending:
                self._idle.set()
            time.sleep(REST)

    def _flush(self) -> None:
        taken = [self._pending.popleft() for _ in range(len(self._pending))]
        usual = pack((task, pk) for task, pk, low in taken if not low)
        self.ring(usual + pack(((task, pk) for task, pk, low in taken if low), low=True))

    def ring(self, hints: list[Hint]) -> bool:
        """Publish hints. Return False, and say so once, where the broker did not take them."""
        if not hints or self.publish is None:
            return not hints
        if time.monotonic() < self._muted_until:
            self.lost += len(hints)
            return False
        crash.point("before-publish")
        try:
            self.publish(hints)
        except Exception as error:
            # The one boundary to the broker: kombu raises many kinds, and a lost hint costs nothing but time.
            self._muted_until = time.monotonic() + MUTE
            self.lost += len(hints)
            logger.warning(
                "hints lost; the sweeper will ring again", extra={"hints": len(hints), "reason": type(error).__name__}
            )
            return False
        return True

    def unmute(self) -> None:
        """Try the broker again at once."""
        self._muted_until = 0.0

    def wait_idle(self, timeout: float = FLUSH_AT_EXIT) -> bool:
        """Wait until everything taken was published or dropped. Return whether it was."""
        return self._thread is None or self._idle.wait(timeout)


waker = Waker()
os.register_at_fork(after_in_child=waker._reset)
# A command ends right after its commit; half a second lets its last hints out.
atexit.register(waker.wait_idle)
