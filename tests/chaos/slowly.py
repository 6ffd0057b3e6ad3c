"""A mailing to slow recipients: each run outlasts the broker's visibility timeout, and hints are handed out again meanwhile."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.drills import PATIENCE, drill, start_workers
from tests.chaos.impatient import SECONDS
from tests.chaos.journey import OPEN
from tests.chaos.laws import hold
from tests.chaos.mailing import PUBLISH, STATES
from tests.chaos.rig import WORKERS, Rig, wait_until
from tests.chaos.tables import SUBSCRIBE
from tests.chaos.verdict import lines

READERS = 500
PAUSE = 0.3
"""Seconds that a recipient takes: a run ends after fifteen seconds, some fifty of them."""
WAYS = {"as shipped": "early", "acknowledged late": "late"}
RUNS = """
SELECT extract(epoch FROM max(delivery.finished_at) - min(delivery.submitted_at))::float8
FROM effects_effect effect, newsletter_delivery delivery
WHERE effect.task = 'email.deliver' AND effect.args -> 'delivery_ids' @> to_jsonb(delivery.id) GROUP BY effect.id
"""
TAKEN = re.compile(r"^hint email\.deliver (\S+)", re.MULTILINE)


def run(seed: int, *, readers: int = READERS, ways: Iterable[str] = WAYS) -> dict[str, Any]:
    """Mail to so many, with hints acknowledged early as shipped, and late. Raises Broken."""
    facts: dict[str, Any] = {"readers": readers}
    laws: dict[str, bool] = {}
    for way in ways:
        with drill("slow", seed, pause=str(PAUSE), CHAOS_ACKS=WAYS[way]) as rig:
            rig.loads = "tests.chaos.impatient"
            told = mailed(rig, readers)
        facts |= {f"{name} ({way})": value for name, value in told.items()}
        laws |= {
            f"each one mail ({way})": (told["copies"], told["twice"], told["sent"]) == (readers, 0, readers),
            f"runs outlast the timeout ({way})": told["shortest_run_s"] > SECONDS,
            f"hints were handed out again ({way})": told["hints_again"] > 0,
        }
    return hold(facts, laws)


def mailed(rig: Rig, readers: int) -> dict[str, Any]:
    """Publish, wait until all is over, and count what arrived."""
    with rig.database() as database:
        database.execute(SUBSCRIBE, [readers])
    start_workers(rig)
    began = time.monotonic()
    rig.manage("shell", "--verbosity", "0", "-c", PUBLISH)
    wait_until(lambda: rig.count(OPEN) == 0, PATIENCE)
    took = time.monotonic() - began
    with rig.database() as database:
        states: dict[str, int] = dict(database.execute(STATES).fetchall())
        runs = [seconds for (seconds,) in database.execute(RUNS.encode())]
    copies = Counter(each["to"] for each in lines(rig.folder / "oracle.log"))
    return {
        "sent": states.get("sent", 0),
        "copies": copies.total(),
        "twice": len([to for to, number in copies.items() if number > 1]),
        "shortest_run_s": round(min(runs), 1),
        "hints_again": handed_out_again(rig),
        "took_s": round(took, 1),
    }


def handed_out_again(rig: Rig) -> int:
    """Count how often a worker took a hint that one had taken before."""
    logs = [(rig.folder / f"{worker}.log.txt").read_text() for worker in WORKERS]
    taken = Counter(hint for log in logs for hint in TAKEN.findall(log))
    return taken.total() - len(taken)
