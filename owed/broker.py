"""Whether the broker answers. Nothing depends on it: work is only slower until it does."""

from __future__ import annotations

import threading
import time

from .waker import waker

EVERY = 5.0


class _Check:
    """Asks at most once in EVERY seconds, as a frozen broker costs each question more than a second."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self.asked_at: float | None = None
        self.found = ""

    def complaint(self) -> str:
        """Return why the broker does not answer, empty where it does, or where this process publishes through none."""
        with self._asking:
            if self.asked_at is None or time.monotonic() - self.asked_at > EVERY:
                self.found = _ask()
                self.asked_at = time.monotonic()
            return self.found


def _ask() -> str:
    ask = getattr(waker.publish, "ask", None)
    if ask is None:
        return ""
    try:
        ask()
    except Exception as error:
        # As for hints: kombu raises many kinds, and none of them is ours to mend.
        return type(error).__name__
    return ""


check = _Check()
