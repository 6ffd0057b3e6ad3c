"""Named points: where a test may end the process hard, or hold a thread."""

import os
from collections.abc import Callable

CRASH_AT = os.environ.get("OWED_CRASH_AT") or os.environ.get("EFFECTS_CRASH_AT", "")  # its name before the package had one
held: dict[str, Callable[[], object]] = {}


def point(name: str) -> None:
    """End the process as SIGKILL would where OWED_CRASH_AT names this point; wait where a test holds it."""
    if name == CRASH_AT:
        os._exit(137)
    if name in held:
        held[name]()
