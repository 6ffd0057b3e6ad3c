"""`python -m tests.chaos [--seconds 120] [--seed N] [--scoreboard]`: break everything, then judge.

`python -m tests.chaos newsletter [--readers 5000] [--kills 5]`: a mailing whose workers are killed.
"""

from __future__ import annotations

import argparse
import random
import sys
from typing import Any

from tests.chaos import journey, mailing, scoreboard

VERDICT = ("committed", "lost", "doubled", "unknown", "stale")


def main(words: list[str]) -> int:
    options = parser().parse_args(words)
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    if options.what == "newsletter":
        return newsletter(options.readers, options.kills, seed)
    if options.scoreboard:
        scoreboard.write(options.seconds, seed)
        return 0
    return chaos(options.seconds, seed)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Break everything at random, then judge.")
    parser.add_argument("what", nargs="?", choices=["newsletter"], help="a mailing under kills, instead of the general load")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, help="what to break when; printed, and random where none is given")
    parser.add_argument("--scoreboard", action="store_true", help="the same for Celery alone, as a table")
    parser.add_argument("--readers", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=5)
    return parser


def chaos(seconds: float, seed: int) -> int:
    """Run once and return 1 where anything is lost, doubled, stale, or out of nowhere."""
    try:
        verdict, wrong = journey.run(seconds, seed), 0
    except journey.Broken as broken:
        verdict, wrong = broken.verdict, 1
    tell(verdict)
    return wrong


def newsletter(readers: int, kills: int, seed: int) -> int:
    """Mail under kills and return 1 where a law does not hold."""
    try:
        verdict, wrong = mailing.run(readers, kills, seed), 0
    except journey.Broken as broken:
        verdict, wrong = broken.verdict, 1
    print(", ".join(f"{name} {value}" for name, value in verdict.items()))
    return wrong


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
