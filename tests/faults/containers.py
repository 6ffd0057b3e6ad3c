"""The journeys on containers: the project's own image, in front of a broker of another maker."""

from __future__ import annotations

import shutil
import subprocess

from tests.faults import slow


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        return ""
    return "no Docker engine answers"


def run() -> str:
    """Return what was run. Raises Broken."""
    return slow.prove("tests/journeys", "-m", "", JOURNEYS="docker")
