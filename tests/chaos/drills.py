"""One fault at a time, in the numbers that the promises name."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.chaos import journey
from tests.chaos.journey import OPEN
from tests.chaos.laws import hold, nothing_lost
from tests.chaos.monkey import PATIENCE, kill_workers
from tests.chaos.rig import WORKERS, Rig, rigged, wait_until
from tools.devserver.server import ROOT

DONE = "SELECT count(*) FROM effects_effect WHERE state = 'done'"
AGAIN = "SELECT count(*) FROM effects_effect WHERE attempt > 1"
ALIVE = "SELECT count(*) FROM effects_heartbeat WHERE at > to_timestamp({since})"
SCAN = 30.0
"""Seconds within which a lost hint is made good."""


def kills(seed: int, *, effects: int = 1000, times: int = 20) -> dict[str, Any]:
    """Kill worker groups while half the effects write and the other half call outside. Raises Broken."""
    with drill("kills", seed, pause="0.05", CHAOS_WORK="0.05") as rig:
        start_workers(rig)
        rig.owe("apply", effects // 2, "a")
        rig.owe("call", effects // 2, "c")
        for _ in kill_workers(rig, lambda: rig.count(DONE), effects, times, random.Random(seed)):
            continue
        rested = wait_until(lambda: rig.count(OPEN) == 0, PATIENCE)
        return judged(rig, rested, effects, kills=times, begun_again=rig.count(AGAIN))


def flush(seed: int, *, effects: int = 1000) -> dict[str, Any]:
    """Empty the broker with so many owed: once with the workers away, once with them at work. Raises Broken."""
    with drill("flush", seed, CHAOS_WORK="0.03") as rig:
        rig.owe("apply", effects, "a")
        hints = rig.waiting("upkeep")
        rig.flush()
        start_workers(rig)
        idle = seconds_until_done(rig)
        rig.owe("apply", effects, "b")
        rig.flush()
        left = rig.count(OPEN)
        busy = seconds_until_done(rig)
        laws = {"all were rung before": hints == effects, "many were owed": left > effects / 2, "within a scan": busy < SCAN}
        facts = {"after_the_workers_came_s": idle, "left_at_work": left, "at_work_s": busy}
        return judged(rig, rig.count(OPEN) == 0, 2 * effects, laws, **facts)


def restarts(seed: int, *, times: int = 5) -> dict[str, Any]:
    """Crash the database under load, as `pg_ctl -m immediate` does, so many times. Raises Broken."""
    rng = random.Random(seed)
    with drill("restarts", seed) as rig:
        journey.begin(rig, seed, posts=True)
        for _ in range(times):
            time.sleep(rng.uniform(3, 7))
            rig.crash_database()
            time.sleep(rng.uniform(0.1, 1))
            rig.start_again("postgres")
            if rig.has_ended("load"):
                rig.start_again("load")
        time.sleep(rng.uniform(3, 7))
        rig.stop("load")
        verdict = journey.settled(rig, {"crash the database": times})
        facts = {name: verdict[name] for name in ("committed", "lost", "doubled", "unknown", "stale", "drain_s")}
        return hold(facts, {**nothing_lost(verdict), "all is over": verdict["rested"]})


@contextmanager
def drill(name: str, seed: int, pause: str = "0.005", **env: str) -> Iterator[Rig]:
    """Yield a rig on which no hint is lost but by the fault itself."""
    with rigged(pause=pause, keep=ROOT / "var" / "chaos" / f"{name}-{seed}") as rig:
        rig.env |= {"CHAOS_DROP": "0", **env}
        yield rig


def start_workers(rig: Rig) -> None:
    """Start both and wait until each has shown a sign of life."""
    since = time.time()
    for worker in WORKERS:
        rig.start_worker(worker)
    assert wait_until(lambda: rig.count(ALIVE.format(since=since)) == len(WORKERS), 90, 0.1), "a worker did not start"


def seconds_until_done(rig: Rig) -> float:
    began = time.monotonic()
    wait_until(lambda: rig.count(OPEN) == 0, PATIENCE, 0.1)
    return round(time.monotonic() - began, 1)


def judged(rig: Rig, rested: bool, effects: int, laws: dict[str, bool] | None = None, **facts: Any) -> dict[str, Any]:
    """Return what the judge says, and the facts. Raises Broken."""
    verdict = rig.verdict()
    done = rig.count(DONE)
    told = {name: verdict[name] for name in ("committed", "lost", "doubled", "repeats")}
    all_laws = {**nothing_lost(verdict), "all is over": rested, "all is done": done == effects, **(laws or {})}
    return hold({**told, "done": done, **facts}, all_laws)
