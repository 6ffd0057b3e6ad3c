"""The proofs that take minutes: chaos, messages of others, and the bulk tests in their full size."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.chaos.laws import Broken
from tools.devserver.server import ROOT

JOBS = os.environ.get("JOBS", "2")


def impossible() -> str:
    """Return nothing: they need no other program."""
    return ""


def run() -> str:
    """Return what was run; pytest itself prints what it saw. Raises Broken."""
    return prove("tests", "owed/tests", "-m", "slow", "-n", JOBS, "--dist", "loadfile", "--no-loadscope-reorder")


def prove(*options: str, **env: str) -> str:
    """Run pytest, with more variables in its environment. Raises Broken."""
    command = [sys.executable, "-m", "pytest", "-rs", *options]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False)
    if done.returncode:
        raise Broken({"pytest": f"ended with {done.returncode}"})
    return f"green: {' '.join(options)}"
