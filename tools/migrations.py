"""`python -m tools.migrations [--update | --retire FILE WHY]`: refuse a migration that was changed after it landed.

migrations.lock lists every landed migration with its digest. Databases that applied a migration never run it again, so a
change to it reaches new installations only, and the others miss a column without a warning.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = "migrations.lock"
FOLDERS = ("owed", "app", "tasks", "worker")
HEADER = "# Landed migrations; `python -m tools.migrations --update` adds new ones, and `make check` refuses a changed one.\n"
RETIRED = "retired"


@dataclass
class Lock:
    """Digests by file, and the lines about files that were retired, as they were written."""

    landed: dict[str, str] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> Lock:
        lock, path = cls(), root / LOCK
        for line in path.read_text().splitlines() if path.exists() else ():
            if line.startswith(RETIRED):
                lock.retired.append(line)
            elif line.strip() and not line.startswith("#"):
                digest, name = line.split(maxsplit=1)
                lock.landed[name] = digest
        return lock

    def write(self, root: Path) -> None:
        lines = [f"{digest}  {name}" for name, digest in sorted(self.landed.items())]
        (root / LOCK).write_text(HEADER + "".join(f"{line}\n" for line in [*lines, *self.retired]))


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.migrations", description=__doc__)
    parser.add_argument("--update", action="store_true", help="add new migrations to the list; changes no line of it")
    parser.add_argument("--retire", nargs=2, metavar=("FILE", "WHY"), help="record that a landed migration goes or is replaced")
    options = parser.parse_args(arguments)
    lock, files = Lock.read(root), digests(root)
    if options.retire:
        retire(lock, *options.retire)
    if options.update or options.retire:
        add_new(lock, files)
        lock.write(root)
    found = problems(lock, files)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def digests(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each migration in the tree, by its path below the root."""
    files = [path for folder in FOLDERS for path in (root / folder).glob("**/migrations/*.py") if path.name != "__init__.py"]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def retire(lock: Lock, name: str, why: str) -> None:
    digest = lock.landed.pop(name, None) or sys.exit(f"{name} is not in {LOCK}.")
    lock.retired.append(f"{RETIRED} {digest}  {name}: {' '.join(why.split())}")


def add_new(lock: Lock, files: dict[str, str]) -> None:
    """Add unlisted files. A file that only moved, octet for octet, takes its line along."""
    for name, digest in files.items():
        if name not in lock.landed:
            for old in [old for old, landed in lock.landed.items() if landed == digest and old not in files]:
                del lock.landed[old]
            lock.landed[name] = digest


def problems(lock: Lock, files: dict[str, str]) -> list[str]:
    """Return a sentence for each difference between the list and the tree."""
    found = []
    for name, digest in sorted(lock.landed.items()):
        if name not in files:
            found.append(f"{name} has landed and is missing: put it back.")
        elif files[name] != digest:
            found.append(f"{name} has landed and was changed: undo that, and add a new migration instead.")
    new = [name for name in sorted(files) if name not in lock.landed]
    return found + [f"{name} is not in {LOCK}: run `python -m tools.migrations --update` when it is final." for name in new]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
