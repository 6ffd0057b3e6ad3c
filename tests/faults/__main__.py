"""`python -m tests.faults [NAME ...]`: each fault that this machine allows; the others are named with the reason why not."""

from __future__ import annotations

import argparse
import sys
from typing import Protocol

from tests.chaos.laws import Broken
from tests.faults import clocks, containers, full_disk, long, pds, pgbouncer, postfix, slow


class Fault(Protocol):
    """A module of this folder."""

    def impossible(self) -> str:
        """Return why it cannot be done here, or nothing."""

    def run(self) -> str:
        """Return what was seen. Raises Broken."""


FAULTS: dict[str, Fault] = {
    "long": long,
    "slow": slow,
    "containers": containers,
    "full_disk": full_disk,
    "clocks": clocks,
    "pgbouncer": pgbouncer,
    "postfix": postfix,
    "pds": pds,
}


def main(words: list[str]) -> int:
    """Run them, say how each ended, and return 1 where one broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Faults that take minutes or a whole machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(FAULTS)}; all where none is given")
    names = parser.parse_args(words).names or list(FAULTS)
    if unknown := set(names) - set(FAULTS):
        parser.error(f"no fault is called {', '.join(sorted(unknown))}")
    return max(told(name, FAULTS[name]) for name in names)


def told(name: str, fault: Fault) -> int:
    """Print how it ended. Return 1 where it broke a promise."""
    if reason := fault.impossible():
        print(f"{name}: skipped; {reason}", flush=True)
        return 0
    try:
        print(f"{name}: held; {fault.run()}", flush=True)
    except Broken as error:
        print(f"{name}: BROKEN; {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
