"""How soon a killed worker's effects run again, and how soon a lost hint is made good, under two pairs of settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.chaos.drills import PATIENCE, drill, start_workers
from tests.chaos.journey import OPEN
from tests.chaos.laws import hold
from tests.chaos.rig import CHILDREN, WORKERS, Rig, wait_until

TIMEOUT = 5.0
"""Of `chaos.hang`, in seconds."""
AFTER_TIMEOUT, AFTER_LOSS = 15.0, 30.0
ROUNDS = 3
HINTS = 50
SETTINGS: dict[str, Mapping[str, str]] = {
    "as shipped (15 s, 10 s)": {},
    "shorter (5 s, 6 s)": {"EFFECTS_RING_AFTER_SECONDS": "5", "EFFECTS_LEASE_MARGIN_SECONDS": "6"},
}
RUNNING = "SELECT args ->> 'n' FROM effects_effect WHERE state = 'running' AND task = 'chaos.hang'"
APPLIED = "SELECT extract(epoch FROM at)::float8 FROM chaos_applied WHERE n = ANY(%s)"
LATE = "SELECT extract(epoch FROM applied.at - intent.at)::float8 FROM chaos_applied applied JOIN chaos_intent intent USING (n)"
HEAD = """| settings: ring after, lease beyond the timeout | killed worker's effect runs again | lost hint made good |
|---|---|---|"""


def run(seed: int) -> dict[str, Any]:
    """Measure both under each pair of settings, print the table, and return the slowest. Raises Broken."""
    print(HEAD)
    again, found = {}, {}
    for name, env in SETTINGS.items():
        with drill("recovery", seed, **env) as rig:
            start_workers(rig)
            again[name] = [after for number in range(ROUNDS) for after in seconds_after_kill(rig, f"k{number}")]
            found[name] = seconds_after_loss(rig)
        print(f"| {name} | timeout {TIMEOUT:g} s {told(again[name], -TIMEOUT)} | {told(found[name])} |", flush=True)
    slowest, longest = max(map(max, again.values())), max(map(max, found.values()))
    laws = {
        f"runs again within its timeout + {AFTER_TIMEOUT:g} s": slowest <= TIMEOUT + AFTER_TIMEOUT,
        f"a lost hint is made good within {AFTER_LOSS:g} s": longest <= AFTER_LOSS,
    }
    return hold({"runs_again_s": round(slowest, 1), "lost_hint_s": round(longest, 1)}, laws)


def seconds_after_kill(rig: Rig, name: str) -> list[float]:
    """Kill every worker while effects hang in it. Return how long after that each of these was done by another."""
    full = len(WORKERS) * CHILDREN
    rig.owe("hang", full, name)
    wait_until(lambda: len(running(rig)) == full, TIMEOUT / 2, 0.02)  # the broker may deal one worker more than it has children
    caught = running(rig)
    assert len(caught) > CHILDREN, "only one worker has begun: nothing to compare"
    for worker in WORKERS:
        rig.kill(worker)
    killed_at = time.time()
    start_workers(rig)
    wait_until(lambda: rig.count(OPEN) == 0, PATIENCE, 0.1)
    with rig.database() as database:
        return [at - killed_at for (at,) in database.execute(APPLIED, [caught])]


def running(rig: Rig) -> list[str]:
    with rig.database() as database:
        return [n for (n,) in database.execute(RUNNING)]


def seconds_after_loss(rig: Rig) -> list[float]:
    """Owe effects of which no hint leaves the process. Return how long after its commit each was done."""
    rig.owe("apply", HINTS, "h", CHAOS_DROP="1")
    wait_until(lambda: rig.count(OPEN) == 0, PATIENCE, 0.1)
    with rig.database() as database:
        return [late for (late,) in database.execute(f"{LATE} WHERE n LIKE 'hi%'".encode())]


def told(seconds: list[float], offset: float = 0) -> str:
    low, high = min(seconds) + offset, max(seconds) + offset
    return f"{'+ ' if offset else ''}{low:.1f} to {high:.1f} s, of {len(seconds)}"
