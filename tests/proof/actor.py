"""A process that does one thing to the ledger and may die of it.

`OWED_CRASH_AT=after-claim python -m tests.proof.actor run proof.apply 7` does one thing. `python -m tests.proof.actor`
takes orders on stdin and forks for each, so that a death costs milliseconds: {"start": ["run", "proof.apply", "7"],
"crash_at": "..."} is answered with a pid, {"wait": pid} with its exit code (negative for a signal).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def main(words: list[str]) -> None:
    import django

    django.setup()
    from tests.proof.acts import act

    if words:
        act(*words)
    else:
        serve(act)


def serve(act: Callable[..., None]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer = start(act, order["start"], order["crash_at"])
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        print(answer, flush=True)


def start(act: Callable[..., None], order: list[str], crash_at: str) -> int:
    """Fork a child for the order and return its pid. The child ends with this process."""
    from owed import crash

    server = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    crash.CRASH_AT = crash_at
    os._exit(end_of(act, order))


def end_of(act: Callable[..., None], order: list[str]) -> int:
    """Do it and return the exit code."""
    try:
        act(*order)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
