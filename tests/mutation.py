"""`python -m tests.mutation [words of a guard's name ...]`: take each guard away in a copy of the tree; a test must go red.

Prints each guard with the test that noticed. Exit 1 if one was taken away and nothing noticed, 2 if the named tests are not
green before.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from config.run_directory import BASE
from tests import servers
from tests.proof.guards import GUARDS
from tests.proof.mutants import Guard
from tools.devserver.server import ROOT

JOBS = int(os.environ.get("JOBS", "2"))
PATIENCE = 900
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "var", "node_modules", ".*_cache", "__pycache__", ".hypothesis")
SOURCES = ("app", "config", "owed", "tasks", "worker")
OPTIONS = ["-q", "-x", "-m", "", "-p", "no:randomly", "-p", "no:cacheprovider", "--reuse-db", "--timeout=180"]
# A test that cannot begin has noticed nothing: only a failure counts, not an error in a fixture or an import.
RED = re.compile(r"^FAILED (?:\S+/)?(\S+?\.py::.+?)(?: - |$)", re.MULTILINE)
GREEN, SOME_RED = 0, 1
running: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Verdict:
    guard: str
    code: int
    red: str
    seconds: float
    output: str

    @property
    def noticed(self) -> bool:
        return self.code == SOME_RED and bool(self.red)

    def __str__(self) -> str:
        found = self.red if self.noticed else f"NOTHING NOTICED (pytest ended with {self.code})"
        return f"| {self.guard:56} | {found} | {self.seconds:.0f} s |"


class Place:
    """A copy of the tree, a database and a Redis of its own."""

    def __init__(self, root: Path, number: int) -> None:
        self.root, self.number = root, number
        shutil.copytree(ROOT, root, ignore=LEFT_OUT, ignore_dangling_symlinks=True)

    @contextmanager
    def without(self, guard: Guard) -> Iterator[None]:
        """Take the guard away, then put the files back."""
        touched = {file: file.read_text() for file in self._sources()}
        for edit in guard.edits:
            edit.apply(self.root)
        try:
            yield
        finally:
            for file in self._sources():
                if file not in touched:
                    file.unlink()
                elif file.read_text() != touched[file]:
                    file.write_text(touched[file])

    def _sources(self) -> list[Path]:
        return [file for folder in SOURCES for file in (self.root / folder).rglob("*.py")]

    def run(self, name: str, tests: tuple[str, ...], database: str, variables: Mapping[str, str] | None = None) -> Verdict:
        began = time.monotonic()
        command = [sys.executable, "-B", "-m", "pytest", *OPTIONS, *tests]
        env, pipe = {**self._environment(database), **(variables or {})}, subprocess.PIPE
        with subprocess.Popen(command, cwd=self.root, env=env, stdout=pipe, stderr=pipe, text=True) as process:
            running.add(process)
            try:
                said, complained = process.communicate(timeout=PATIENCE)
            finally:
                running.discard(process)
                process.kill()
        red = RED.search(said)
        output = said[-3000:] + complained[-500:]
        return Verdict(name, process.returncode, red[1] if red else "", time.monotonic() - began, output)

    def _environment(self, database: str) -> dict[str, str]:
        ours = os.environ[servers.OURS].split()
        given = servers.addresses(Path(os.environ[servers.HOME]), self.number)
        addresses = {name: url for name, url in given.items() if name in ours}
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
        return {**os.environ, **addresses, "DATABASE_URL": url, "PYTHONPATH": ""}


def main(words: list[str]) -> int:
    """Judge the guards whose names contain all the words, and return the exit code."""
    guards = [guard for guard in GUARDS if all(word in guard.name for word in words)]
    with workshop() as (pool, places):
        before = list(pool.map(lambda tests: before_any(places, tests), chunks(guards)))
        if any(verdict.code != GREEN for verdict in before):
            print("\n".join(verdict.output for verdict in before if verdict.code != GREEN))
            print("The named tests are not green before any guard is taken away.")
            return 2
        return report(pool.map(lambda guard: judge(places, guard), guards))


@contextmanager
def workshop() -> Iterator[tuple[ThreadPoolExecutor, Queue[Place]]]:
    """Have the servers of the tests, some copies of the tree, and a thread for each."""
    servers.pytest_load_initial_conftests()
    servers.run_servers(Path(os.environ[servers.HOME]))
    with TemporaryDirectory(prefix="afterword-mutants-", dir=BASE) as folder:
        places: Queue[Place] = Queue()
        for number in range(1, JOBS + 1):
            places.put(Place(Path(folder) / f"tree{number}", number))
        with ThreadPoolExecutor(JOBS) as pool:
            end_whole_on_sigterm(pool)
            yield pool, places


def end_whole_on_sigterm(pool: ThreadPoolExecutor) -> None:
    """Let the folders and servers go away as after Ctrl-C, and begin no other guard."""

    def stop(number: int, frame: object) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            process.send_signal(signal.SIGINT)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)


def chunks(guards: list[Guard]) -> list[tuple[str, ...]]:
    """Return the named tests, each once, in as many parts as there are places."""
    tests = sorted({test for guard in guards for test in guard.tests})
    return [tuple(tests[start::JOBS]) for start in range(JOBS) if tests[start::JOBS]]


def before_any(places: Queue[Place], tests: tuple[str, ...]) -> Verdict:
    place = places.get()
    try:
        return place.run("nothing taken away", tests, f"mutation_{place.number}")
    finally:
        places.put(place)


def judge(places: Queue[Place], guard: Guard) -> Verdict:
    place = places.get()
    try:
        with place.without(guard):
            database = f"mutant_{GUARDS.index(guard)}" if guard.migrates else f"mutation_{place.number}"
            return place.run(guard.name, guard.tests, database)
    finally:
        places.put(place)


def report(verdicts: Iterator[Verdict]) -> int:
    """Print a row for each guard as it is judged. Return 1 if one was missed by no test."""
    print("| guard taken away | test that noticed | |\n|---|---|---|")
    survivors = []
    for verdict in verdicts:
        print(verdict, flush=True)
        if not verdict.noticed:
            survivors.append(verdict)
    for verdict in survivors:
        print(f"\n{verdict.guard}:\n{verdict.output}")
    print(f"\n{len(survivors)} guards were missed by no test.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
