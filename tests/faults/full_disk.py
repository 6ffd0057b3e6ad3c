"""The database's disk fills under load, stays full for a while, and is emptied."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from config.run_directory import BASE
from tests.chaos import journey
from tests.chaos.laws import Broken
from tests.chaos.monkey import Monkey
from tests.chaos.rig import Rig, rigged
from tests.chaos.verdict import lines

SIZE = "220m"
SECONDS = 8.0
AT_MOST = 90.0
BLOCK = b"\0" * 65_536


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    if os.geteuid() != 0:
        return "mounting a small disk needs root"
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False)
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return "this machine does not let a disk be mounted" if tried.returncode else ""


def run() -> str:
    """Return what was seen. Raises Broken."""
    with mounted() as disk, rigged(prepare=lambda rig: put_on(rig, disk)) as rig:
        journey.begin(rig, seed=1, posts=True)
        time.sleep(SECONDS / 2)
        stood = fill(rig, disk)
        monkey = Monkey(rig, seed=1)
        monkey.calm()
        time.sleep(SECONDS / 2)
        rig.stop("load")
        verdict = journey.settled(rig, monkey.done)
        if not (failed := refused(rig)):
            raise Broken({"the full disk": f"refused nothing within {AT_MOST:g} s, and so proved nothing"})
        return f"{stood}, {failed} changes were refused; committed {verdict['committed']}, lost 0, doubled 0, stale 0"


def put_on(rig: Rig, disk: Path) -> None:
    rig.postgres = replace(rig.postgres, data=disk / "postgres")


def fill(rig: Rig, disk: Path) -> str:
    """Fill the disk, wait, free it, and start the database again where it gave up. Return what it did."""
    ballast = disk / "ballast"
    began = time.monotonic()
    with ballast.open("wb", buffering=0) as file:
        # What has room in its last pages goes on for a while.
        while time.monotonic() < began + (SECONDS if refused(rig) else AT_MOST):
            with contextlib.suppress(OSError):
                while file.write(BLOCK):
                    continue
            time.sleep(0.1)
    ballast.unlink()
    if rig.processes["postgres"].poll() is None:
        return "the database stayed up"
    rig.start_again("postgres")
    return "the database gave up and was started again"


def refused(rig: Rig) -> int:
    """Return how many changes the load could not commit."""
    return sum("n" not in each for each in lines(rig.folder / "intents.log"))


@contextmanager
def mounted() -> Iterator[Path]:
    """Yield a small disk that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="afterword-disk-", dir=BASE) as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "none", place], check=True)
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "-l", place], check=True)
