"""What the processes say, line by line, each line with its speaker's name."""

from __future__ import annotations

import contextlib
import os
import selectors
import sys
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import IO

COLOURS = cycle((36, 33, 32, 35, 34, 96, 93, 92, 95, 94))
WIDTH = 10
LAST = 15


@dataclass(eq=False)
class Voice:
    """One speaker: its name, its colour, its unfinished line and its last ones."""

    name: str
    colour: int = field(default_factory=lambda: next(COLOURS))
    rest: bytes = b""
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST))

    def hear(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.say(line.decode(errors="replace").rstrip())

    def finish(self) -> None:
        if self.rest:
            self.hear(b"\n")

    def say(self, line: str) -> None:
        self.last.append(line)
        name = f"{self.name:<{WIDTH}} |"
        with contextlib.suppress(OSError):
            print(f"\x1b[{self.colour}m{name}\x1b[0m {line}" if coloured() else f"{name} {line}", flush=True)


def coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Listener:
    """Read many pipes at once."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()

    def attend(self, pipe: IO[bytes] | None, voice: Voice) -> None:
        if pipe is None:
            return
        os.set_blocking(pipe.fileno(), False)
        self.selector.register(pipe, selectors.EVENT_READ, voice)

    def listen(self, seconds: float) -> None:
        """Pass on what is said within the time, or at once when something is."""
        for key, _ in self.selector.select(seconds):
            self._hear(key)

    def _hear(self, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, 65536)
        if data:
            key.data.hear(data)
        else:
            key.data.finish()
            self.selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]
