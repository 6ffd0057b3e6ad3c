"""`python -m tools.migrations`, over a small tree of its own and over this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST = "app/blog/migrations/0001_initial.py"

Answer = subprocess.CompletedProcess[str]


def run(root: Path, *words: str) -> Answer:
    command = [sys.executable, "-m", "tools.migrations", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with one landed migration."""
    (tmp_path / "tools").mkdir()
    for name in ("__init__.py", "migrations.py"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools" / name)
    write(tmp_path, FIRST, "one")
    write(tmp_path, "app/blog/migrations/__init__.py", "")
    assert run(tmp_path, "--update").returncode == 0
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class TestMigrationsOfThisTree:
    def test_are_as_they_landed(self) -> None:
        answer = run(ROOT)
        assert answer.returncode == 0, answer.stderr

    def test_are_checked_by_make(self) -> None:
        dry = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        assert "-m tools.migrations\n" in dry.stdout


class TestALandedMigration:
    def test_that_was_changed_is_refused(self, tree: Path) -> None:
        write(tree, FIRST, "two")
        answer = run(tree)
        assert answer.returncode == 1
        assert answer.stderr == f"{FIRST} has landed and was changed: undo that, and add a new migration instead.\n"

    def test_that_was_changed_is_refused_after_an_update_too(self, tree: Path) -> None:
        write(tree, FIRST, "two")
        before = (tree / "migrations.lock").read_text()
        assert run(tree, "--update").returncode == 1
        assert (tree / "migrations.lock").read_text() == before

    def test_that_is_gone_is_refused(self, tree: Path) -> None:
        (tree / FIRST).unlink()
        assert "has landed and is missing" in run(tree).stderr
        assert run(tree, "--update").returncode == 1

    def test_may_move_as_it_is(self, tree: Path) -> None:
        write(tree, "owed/migrations/0001_initial.py", "one")
        (tree / FIRST).unlink()
        assert run(tree).returncode == 1
        assert run(tree, "--update").returncode == 0
        assert FIRST not in (tree / "migrations.lock").read_text()

    @pytest.mark.parametrize(
        "then", [lambda path: path.unlink(), lambda path: path.write_text("two")], ids=["gone", "replaced"]
    )
    def test_may_be_retired_with_the_reason(self, tree: Path, then: Callable[[Path], object]) -> None:
        then(tree / FIRST)
        assert run(tree, "--retire", FIRST, "Its room has gone.").returncode == 0
        assert run(tree).returncode == 0
        assert f"{FIRST}: Its room has gone.\n" in (tree / "migrations.lock").read_text()


class TestANewMigration:
    def test_is_refused_until_it_is_listed(self, tree: Path) -> None:
        write(tree, "app/blog/migrations/0002_more.py", "two")
        before = (tree / "migrations.lock").read_text()
        assert "app/blog/migrations/0002_more.py is not in migrations.lock" in run(tree).stderr
        assert run(tree, "--update").returncode == 0
        assert run(tree).returncode == 0
        assert set(before.splitlines()) < set((tree / "migrations.lock").read_text().splitlines())
