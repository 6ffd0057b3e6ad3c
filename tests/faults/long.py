"""The tests that each take over ten seconds: in a browser, through real workers, with processes that are killed."""

from __future__ import annotations

from tests.faults.slow import prove

# Most of them wait for processes: more workers than there are cores.
JOBS = "4"


def impossible() -> str:
    """Return nothing: they need no other program."""
    return ""


def run() -> str:
    """Return what was run; pytest itself prints what it saw. Raises Broken."""
    return prove("tests", "owed/tests", "-m", "long and not slow", "-n", JOBS, "--dist", "loadfile", "--no-loadscope-reorder")
