"""One run: load, faults, quiet, verdict."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos.laws import Broken, nothing_lost
from tests.chaos.monkey import Monkey
from tests.chaos.rig import WORKERS, Rig, rigged, wait_until
from tests.chaos.tables import READERS, SUBSCRIBE
from tools.devserver.server import ROOT

DRAIN = 150.0
PLAIN_DRAIN = 60.0
QUIET_FOR = 1.5
OPEN = "SELECT count(*) FROM effects_effect WHERE finished_at IS NULL"
STARTED = "SELECT count(*) FROM chaos_applied"
LEFT = """
SELECT format('e%s %s %s, attempt %s, rung %s times, next in %s s, %s', id, task, state, attempt, rings,
              extract(epoch FROM wake_at - clock_timestamp())::int, error)
FROM effects_effect WHERE finished_at IS NULL ORDER BY id LIMIT 20
"""
POISONED = "SELECT count(*) FROM effects_effect WHERE state = 'dead'"


def run(seconds: float, seed: int, *, engine: str = "ours", posts: bool = True, dropped: float = 0.1) -> dict[str, Any]:
    """Break an installation for so many seconds, let it come to rest, and return the judge's verdict and what was done."""
    with rigged(engine, keep=ROOT / "var" / "chaos" / f"{engine}-{seed}") as rig:
        rig.env["CHAOS_DROP"] = str(dropped)
        begin(rig, seed, posts)
        monkey = Monkey(rig, seed)
        monkey.rage(seconds)
        rig.stop("load")
        return settled(rig, monkey.done)


def settled(rig: Rig, faults: Mapping[str, int]) -> dict[str, Any]:
    """Wait for quiet and return the verdict. Raises Broken; only ours has promised anything."""
    quiet = time.monotonic()
    rested = drain(rig)
    took = round(time.monotonic() - quiet, 1)
    verdict = {**rig.verdict(), "faults": dict(faults), "drain_s": took, "rested": rested}
    if rig.engine == "ours":
        verdict["dead"] = rig.count(POISONED)
        with rig.database() as database:
            verdict["left"] = [line for (line,) in database.execute(LEFT)]
        if not rested or not all(nothing_lost(verdict).values()):
            raise Broken(verdict)
    return verdict


def begin(rig: Rig, seed: int, posts: bool) -> None:
    if posts:
        with rig.database() as database:
            database.execute(SUBSCRIBE, [READERS])
    for worker in WORKERS:
        rig.start_worker(worker)
    if rig.engine == "outbox":
        rig.start_relay()
    rig.start_load(seed, posts)
    if not wait_until(lambda: has_begun(rig), 90):
        sys.exit("The load or the workers did not start.")


def has_begun(rig: Rig) -> bool:
    """Return whether anything was done yet; a load that died by itself before that is started again."""
    if rig.has_ended("load"):
        rig.start_again("load")
    return rig.count(STARTED) > 0


def drain(rig: Rig) -> bool:
    """Wait until nothing is owed. Return whether that came in time."""
    if rig.engine == "ours":
        return wait_until(lambda: not rig.supervise() and rig.count(OPEN) == 0, DRAIN)
    unsent = "SELECT count(*) FROM celery_outbox" if rig.engine == "outbox" else "SELECT 0"
    patience = DRAIN if rig.engine == "outbox" else PLAIN_DRAIN
    # Twice, as a message on its way from the outbox to the queue stands in neither.
    return all(wait_until(lambda: rig.count(unsent) == 0 and rig.waiting("plain") == 0, patience, QUIET_FOR) for _ in range(2))
