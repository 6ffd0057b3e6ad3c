"""`python -m tests.chaos [--seconds 120] [--seed N] [--scoreboard]`: break everything, then judge.

`python -m tests.chaos newsletter`: a mailing to 5,000 readers whose workers are killed five times; `kills`: 20 kills of worker
groups during 1,000 effects; `flush`: FLUSHALL with 1,000 owed; `outage`: 500 publishes with the broker frozen for a minute, and
500 with it refused; `restarts`: the database crashes five times under load; `recovery`: how soon what was lost runs again;
`slow`: 500 slow recipients, each run longer than the visibility timeout; `storm`: a host is down for an hour with 10,000 owed.
`footprint` breaks nothing: what a publication, a mail and a view cost in rows, write-ahead log, processor time and messages.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from typing import Any

from tests.chaos import drills, footprint, journey, mailing, outage, recovery, scoreboard, slowly, storm
from tests.chaos.laws import Broken

VERDICT = ("committed", "lost", "doubled", "unknown", "stale")
JOURNEY, HOUR = 120.0, 3600.0
DRILLS: dict[str, Callable[[int], dict[str, Any]]] = {
    "kills": drills.kills,
    "flush": drills.flush,
    "restarts": drills.restarts,
    "outage": outage.run,
    "recovery": recovery.run,
    "slow": slowly.run,
    "footprint": footprint.run,
}


def main(words: list[str]) -> int:
    options = parser().parse_args(words)
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    if options.scoreboard:
        scoreboard.write(options.seconds or JOURNEY, seed)
        return 0
    if options.what is None:
        return told(lambda: journey.run(options.seconds or JOURNEY, seed), tell)
    if options.what == "newsletter":
        return told(lambda: mailing.run(options.readers, options.kills, seed))
    if options.what == "storm":
        return told(lambda: storm.run(seed, owed=options.owed, seconds=options.seconds or HOUR))
    return told(lambda: DRILLS[options.what](seed))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Break everything at random, then judge.")
    parser.add_argument(
        "what", nargs="?", choices=["newsletter", "storm", *DRILLS], help="one kind of fault, instead of all at random"
    )
    parser.add_argument("--seconds", type=float, help="how long the faults last; two minutes, of the storm an hour")
    parser.add_argument("--seed", type=int, help="what to break when; printed, and random where none is given")
    parser.add_argument("--scoreboard", action="store_true", help="the same for Celery alone, as a table")
    parser.add_argument("--readers", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--owed", type=int, default=10_000, help="to the host that is down in the storm")
    return parser


def told(run: Callable[[], dict[str, Any]], tell: Callable[[dict[str, Any]], None] | None = None) -> int:
    """Run, tell the verdict, and return 1 where a law does not hold."""
    try:
        verdict, wrong = run(), 0
    except Broken as broken:
        verdict, wrong = broken.verdict, 1
    (tell or tell_shortly)(verdict)
    return wrong


def tell_shortly(verdict: dict[str, Any]) -> None:
    print(", ".join(f"{name} {value}" for name, value in verdict.items()))


def tell(verdict: dict[str, Any]) -> None:
    for fault, times in sorted(verdict["faults"].items()):
        print(f"{times:4} x {fault}")
    for kind, names in verdict["named"].items():
        print(f"{kind}: {'; '.join(names)}")
    print("\n".join(verdict["left"]))
    others = {name: value for name, value in verdict.items() if name not in {*VERDICT, "faults", "named", "left"}}
    print(", ".join(f"{name} {value}" for name, value in others.items()))
    print(", ".join(f"{name} {verdict[name]}" for name in VERDICT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
