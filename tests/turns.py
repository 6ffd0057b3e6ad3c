"""A test marked `timed` compares times and has the machine to itself: it waits for the tests of other workers, and they for it.

So the suite may run more workers than there are cores: most tests wait for processes, and only a few look at the clock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import servers


class Turns:
    """The turn of this process. A timed test holds the gate while it waits for the machine: no one else enters meanwhile."""

    def __init__(self) -> None:
        self.held = ExitStack()
        self.alone = False

    def take(self, folder: Path, *, alone: bool) -> None:
        """Wait for a turn. A timed test that follows another keeps the turn it has."""
        if self.alone and alone:
            return
        self.give_back()
        gate, machine = (self.held.enter_context((folder / name).open("w")) for name in ("gate", "machine"))
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        self.alone = alone

    def give_back(self) -> None:
        self.held.close()
        self.alone = False


turns = Turns()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Wait before pytest-timeout begins to count."""
    turns.take(Path(os.environ[servers.HOME]), alone=_is_timed(item))
    try:
        return (yield)
    finally:
        if nextitem is None or not _is_timed(nextitem):
            turns.give_back()


def _is_timed(item: pytest.Item) -> bool:
    return item.get_closest_marker("timed") is not None
