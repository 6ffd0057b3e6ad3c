"""`python -m tests.faults`: each fault that this machine allows; the others are named with the reason why they were skipped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

from tests.chaos.journey import Broken
from tests.faults import full_disk


class Skipped(Exception):
    """The machine lacks what the fault needs."""


def disk() -> str:
    if reason := full_disk.impossible():
        raise Skipped(reason)
    return full_disk.run()


def program(name: str, what: str) -> Callable[[], str]:
    """Return a fault that asks for a program of another maker."""

    def look() -> str:
        found = shutil.which(name)
        raise Skipped(f"{name} is here, and no run is written for it yet" if found else f"{name} is not installed; {what}")

    return look


FAULTS: dict[str, Callable[[], str]] = {
    "full disk": disk,
    "clock three days ahead": program("faketime", "the tests move the clock by time-machine instead"),
    "PgBouncer in transaction mode": program("pgbouncer", "the ledger holds no session state, and this is not proved here"),
    "Postfix": program("postfix", "the mail tests use servers of their own"),
}


def main() -> int:
    """Run them all, say how each ended, and return 1 where one broke a promise."""
    broken = 0
    for name, fault in FAULTS.items():
        try:
            print(f"{name}: held; {fault()}", flush=True)
        except Skipped as skipped:
            print(f"{name}: skipped; {skipped}", flush=True)
        except Broken as error:
            broken = 1
            print(f"{name}: BROKEN; {error}", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(main())
