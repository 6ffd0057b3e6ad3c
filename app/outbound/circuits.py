"""Hosts that do not answer are left alone for a while, so that none of them keeps workers from all the others."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

FAILURES = 5
REST = 30.0
MOST = 1000


class Circuits:
    """The hosts that failed this process without an answer since. After five failures in a row one try in 30 s goes out."""

    def __init__(self, *, failures: int = FAILURES, rest: float = REST, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures = failures
        self.rest = rest
        self.clock = clock
        self._silent: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def admit(self, host: str) -> bool:
        """Tell whether to call it now. Who is told so while it rests is the one whose try tells whether it is back."""
        now = self.clock()
        with self._lock:
            count, until = self._silent.get(host, (0, 0.0))
            if count >= self.failures:
                if now < until:
                    return False
                self._silent[host] = count, now + self.rest
        return True

    def failed(self, host: str) -> None:
        with self._lock:
            count, _ = self._silent.pop(host, (0, 0.0))
            self._silent[host] = count + 1, self.clock() + self.rest
            if len(self._silent) > MOST:
                self._silent.popitem(last=False)

    def answered(self, host: str) -> None:
        with self._lock:
            self._silent.pop(host, None)

    def forget(self) -> None:
        """Know of no failure any more."""
        with self._lock:
            self._silent.clear()


circuits = Circuits()
