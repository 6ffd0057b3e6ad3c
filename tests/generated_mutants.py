"""`python -m tests.generated_mutants [--minutes N] [--seed N] [--since REVISION] [path ...]`: small random faults.

Cosmic Ray makes them (another comparison, `not`, another number, a missing decorator, ...) in the files named, in those changed
since a revision, or anywhere in the project. Once, without a fault, the tests of the rooms show which lines they run. Then each
fault is put into a copy of the tree, one after the other in random order until the time is over, and one of the quickest tests
that run its line must go red. Prints every mutant and the diff of each that no test noticed. Exit 1 if there was one.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.line_map import LineMap
from tests.mutation import GREEN, Place, Verdict, workshop
from tests.proof.mutants import Guard, Write
from tools.devserver.server import ROOT

OPERATORS = [
    "AddNot", "NumberReplacer", "RemoveDecorator", "ReplaceAndWithOr", "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Mul_Div", "ReplaceBinaryOperator_Sub_Add", "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt", "ReplaceComparisonOperator_Gt_GtE", "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_LtE_Lt", "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq", "ReplaceFalseWithTrue", "ReplaceOrWithAnd", "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not", "ZeroIterationForLoop",
]  # fmt: skip
"""Faults of the kind that people make. Others, such as `|` for `**`, fail at import and say nothing of the tests."""

ROOMS = {
    "owed": ("tests/effects", "tests/proof", "owed/tests"),
    "tasks": ("tests/tasks",),
    "worker": ("tests/worker", "tests/effects/test_celery.py"),
    "config": ("tests/architecture/test_environment.py", "tests/architecture/test_servers.py"),
    "app/dispatch": ("tests/dispatch",),
}
"""The tests of a room that has no folder of its own name under tests/."""


@dataclass(frozen=True)
class Mutant:
    path: str
    operator: str
    occurrence: int
    first: int
    last: int

    def text(self) -> str:
        """Return the file with the fault in it."""
        code = mutate_code((ROOT / self.path).read_text(), get_operator(f"core/{self.operator}")(), self.occurrence)
        assert code is not None
        return str(code)

    def diff(self) -> str:
        lines = (ROOT / self.path).read_text().splitlines(keepends=True)
        return "".join(difflib.unified_diff(lines, self.text().splitlines(keepends=True), self.path, self.path, n=1))

    def guard(self, known: LineMap) -> Guard:
        tests = known.tests_of(self.path, self.first, self.last)
        return Guard(f"{self.path}:{self.first} {self.operator}", (Write(self.path, self.text()),), tests)


def main(words: list[str]) -> int:
    wish = arguments(words)
    mutants = [mutant for path in files(wish) for mutant in mutants_of(path)]
    random.Random(wish.seed).shuffle(mutants)
    print(f"{len(mutants)} mutants, in the order of seed {wish.seed}, for {wish.minutes} minutes.")
    with workshop() as (pool, places):
        known = line_map(pool, places, mutants)
        print(f"{len(known.seconds)} tests, in {sum(known.seconds.values()):.0f} s, say which lines they run.", flush=True)
        ends = time.monotonic() + wish.minutes * 60
        judged = pool.map(lambda each: judge(places, each, known, ends), mutants)
        return report(found for found in judged if found)


def line_map(pool: Executor, places: Queue[Place], mutants: Sequence[Mutant]) -> LineMap:
    """Run the tests of each room once, as many at a time as there are places, and return which lines they run."""
    rooms: dict[tuple[str, ...], set[str]] = {}
    for mutant in mutants:
        rooms.setdefault(tests_of(mutant.path), set()).add(mutant.path)
    known = LineMap()
    with TemporaryDirectory() as folder:
        os.environ |= {"LINE_MAP_OF": ":".join(sorted(set().union(*rooms.values())))}
        for verdict in pool.map(lambda tests: record(places, tests, Path(folder)), rooms):
            if verdict.code != GREEN:
                print(f"Not all green without a fault, so that some lines have no test:\n{verdict.output[-1500:]}", flush=True)
        for file in sorted(Path(folder).glob("*.json")):
            known.add(file)
    return known


def record(places: Queue[Place], tests: tuple[str, ...], folder: Path) -> Verdict:
    place = places.get()
    try:
        file = folder / f"{abs(hash(tests))}.json"
        options = ("-p", "tests.line_map", "--timeout=600", "--maxfail=1000")
        return place.run("no fault", (*options, *tests), f"mutation_{place.number}", {"LINE_MAP": str(file)})
    finally:
        places.put(place)


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.generated_mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--since", help="a revision: only files that changed since")
    parser.add_argument("paths", nargs="*")
    return parser.parse_args(words)


def files(wish: argparse.Namespace) -> list[str]:
    """Return the source files to put faults into, without migrations and tests."""
    listing = ["git", "diff", "--name-only", wish.since, "--"] if wish.since else ["git", "ls-files", "--"]
    wanted = wish.paths or ["app", "owed", "tasks", "worker", "config"]
    found = subprocess.run([*listing, *wanted], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in found if path.endswith(".py") and not {"migrations", "tests"} & set(Path(path).parts)]


def mutants_of(path: str) -> Iterator[Mutant]:
    if not tests_of(path) or not (ROOT / path).exists():
        return
    tree = get_ast((ROOT / path).read_text())
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        yield from (Mutant(path, name, number, begin[0], end[0]) for number, (begin, end) in enumerate(places))


def tests_of(path: str) -> tuple[str, ...]:
    """Return the tests that are to notice a fault in this file: those of its room."""
    parts = Path(path).parts
    room = "/".join(parts[:2]) if parts[0] == "app" else parts[0]
    own = f"tests/{parts[1]}" if parts[0] == "app" and len(parts) > 2 else ""
    named = ROOMS.get(room, (own,) if own else ())
    return tuple(each for each in named if (ROOT / each).exists())


def judge(places: Queue[Place], mutant: Mutant, known: LineMap, ends: float) -> tuple[Mutant, Verdict] | None:
    place = places.get()
    try:
        if time.monotonic() > ends:
            return None
        guard = mutant.guard(known)
        if not guard.tests:
            return mutant, Verdict(guard.name, GREEN, "", 0.0, "no test of its room runs the file")
        with place.without(guard):
            return mutant, place.run(guard.name, ("--timeout=60", *guard.tests), f"mutation_{place.number}")
    finally:
        places.put(place)


def report(judged: Iterator[tuple[Mutant, Verdict]]) -> int:
    """Print a row for each mutant, and what survived. A mutant whose tests cannot begin counts as a survivor."""
    survivors, number = [], 0
    print("| mutant | test that noticed | |\n|---|---|---|")
    for mutant, verdict in judged:
        number += 1
        print(verdict, flush=True)
        if not verdict.noticed:
            survivors.append((mutant, verdict))
    for mutant, verdict in survivors:
        print(f"\n{mutant.diff()}")
        if verdict.code != GREEN:
            print(f"No test failed, and pytest ended with {verdict.code}:\n{verdict.output[-500:]}")
    print(f"\n{number} tried, {number - len(survivors)} noticed, {len(survivors)} noticed by no test.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
