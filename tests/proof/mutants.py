"""A guard, and how to take it away in a copy of the tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DROP = """from django.db import migrations

class Migration(migrations.Migration):
    dependencies = {leaves}
    operations = [migrations.RunSQL("ALTER TABLE {table} DROP CONSTRAINT {name}")]
"""


@dataclass(frozen=True)
class Edit:
    """Replace a text wherever it stands in a file."""

    path: str
    old: str
    new: str

    def applies(self, root: Path) -> bool:
        return self.old in (root / self.path).read_text()

    def apply(self, root: Path) -> None:
        file = root / self.path
        file.write_text(file.read_text().replace(self.old, self.new))


@dataclass(frozen=True)
class Write:
    """Write a file again as a whole."""

    path: str
    text: str

    def applies(self, root: Path) -> bool:
        return (root / self.path).read_text() != self.text

    def apply(self, root: Path) -> None:
        (root / self.path).write_text(self.text)


@dataclass(frozen=True)
class Drop:
    """Take a constraint off the database by one more migration."""

    room: str
    table: str
    name: str

    def applies(self, root: Path) -> bool:
        return any(self.name in file.read_text() for file in self._migrations(root))

    def apply(self, root: Path) -> None:
        files = self._migrations(root)
        # Two may have one number: the last one is the one that no other depends on.
        leaves = [(self.room, file.stem) for file in files if not any(_names(other, file.stem) for other in files)]
        body = DROP.format(leaves=leaves, table=self.table, name=self.name)
        files[-1].with_name("9999_mutant.py").write_text(body)

    def _migrations(self, root: Path) -> list[Path]:
        folder = root / ("owed" if self.room == "owed" else f"app/{self.room}") / "migrations"
        return sorted(folder.glob("[0-9]*.py"))


def _names(file: Path, migration: str) -> bool:
    return re.search(rf"""["']{migration}["']""", file.read_text()) is not None


@dataclass(frozen=True)
class Guard:
    name: str
    edits: tuple[Edit | Write | Drop, ...]
    tests: tuple[str, ...]

    @property
    def migrates(self) -> bool:
        return any(isinstance(edit, Drop) for edit in self.edits)


def guard(name: str, path: str, old: str, new: str, *tests: str) -> Guard:
    return Guard(name, (Edit(path, old, new),), tests)


def unique(room: str, table: str, name: str, *tests: str, more: tuple[Edit, ...] = ()) -> Guard:
    return Guard(f"unique: {name}", (Drop(room, f"{room}_{table}", name), *more), tests)
