"""Break things at random, as the seed says; never for long, and never the same twice in a row on purpose."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from tests.chaos.rig import WORKERS, Rig, wait_until

PAUSE = 3.0
WEIGHTS = {
    "kill a child": 6,
    "kill a worker": 4,
    "kill the web": 3,
    "flush the broker": 3,
    "restart the broker, empty": 2,
    "freeze the broker": 2,
    "freeze a child past its lease": 1,
    "crash the database": 1.5,
}
PAST_LEASES = 16.0
PATIENCE = 600.0


class Monkey:
    """The faults, each of which heals what it broke, at once or later."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig, self.seed, self.rng = rig, seed, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.frozen: list[tuple[float, int]] = []
        self.faults: dict[str, Callable[[], None]] = {
            "kill a child": self._kill_child,
            "kill a worker": self._kill_worker,
            "kill the web": self._kill_load,
            "flush the broker": self.rig.flush,
            "restart the broker, empty": self._restart_broker,
            "freeze the broker": self._freeze_broker,
            "freeze a child past its lease": self._freeze_child,
            "crash the database": self._crash_database,
        }

    def rage(self, seconds: float) -> None:
        """Break something every three seconds or so, for so long."""
        end = time.monotonic() + seconds
        for number in count():
            # Each fault draws from numbers of its own: what one of them finds does not change the next.
            self.rng = random.Random(f"{self.seed}/{number}")
            left = end - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, PAUSE * self.rng.uniform(0.3, 1.7)))
            fault = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            self.faults[fault]()
            self.done[fault] += 1
            self._mend()
        self.calm()

    def calm(self) -> None:
        """Leave nothing broken."""
        for _, pid in self.frozen:
            _signal(pid, signal.SIGCONT)
        self._mend()

    def _mend(self) -> None:
        """Start again who died by itself, wake who slept long enough."""
        if self.rig.has_ended("load"):
            self.done["the web died between COMMIT and its hint"] += self.rig.processes["load"].returncode == 137
            self.rig.start_again("load")
        self.done.update(f"{name} ended by itself" for name in self.rig.supervise())
        for woken in [each for each in self.frozen if each[0] < time.monotonic()]:
            self.frozen.remove(woken)
            _signal(woken[1], signal.SIGCONT)

    def _kill_child(self) -> None:
        children = self.rig.children(self.rng.choice(WORKERS))
        if children:
            _signal(self.rng.choice(children), signal.SIGKILL)

    def _kill_worker(self) -> None:
        worker = self.rng.choice(WORKERS)
        self.rig.kill(worker)
        self._pause(0.2, 1.5)
        self.rig.start_again(worker)

    def _kill_load(self) -> None:
        self.rig.kill("load")
        self.rig.start_again("load")

    def _restart_broker(self) -> None:
        self.rig.kill("broker")
        self._pause(0.2, 1.5)
        self.rig.start_again("broker")

    def _freeze_broker(self) -> None:
        self.rig.kill("broker", signal.SIGSTOP)
        self._pause(1, 3)
        self.rig.kill("broker", signal.SIGCONT)

    def _freeze_child(self) -> None:
        children = self.rig.children(self.rng.choice(WORKERS))
        if children and not self.frozen:
            pid = self.rng.choice(children)
            _signal(pid, signal.SIGSTOP)
            self.frozen.append((time.monotonic() + PAST_LEASES, pid))

    def _crash_database(self) -> None:
        self.rig.crash_database()
        self._pause(0.1, 1)
        self.rig.start_again("postgres")

    def _pause(self, low: float, high: float) -> None:
        time.sleep(self.rng.uniform(low, high))


def kill_workers(rig: Rig, done: Callable[[], int], total: int, kills: int, rng: random.Random) -> Iterator[str]:
    """Freeze a worker's whole group at so many moments of the work, yield its name, kill the group and start it again.

    Frozen, it keeps what it has in flight: once it is dead, another worker settles that within milliseconds.
    """
    for number in range(kills):
        share = (number + rng.uniform(0.2, 0.9)) / (kills + 1)
        wait_until(lambda share=share: done() >= total * share, PATIENCE, 0.01)  # type: ignore[misc]
        worker = rng.choice(WORKERS)
        rig.kill(worker, signal.SIGSTOP)
        yield worker
        rig.kill(worker)
        time.sleep(rng.uniform(0, 0.5))
        rig.start_again(worker)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
