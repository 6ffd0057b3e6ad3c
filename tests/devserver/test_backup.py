"""The bundled database saved and brought back by its own programs, as docs/howto/deploy.md says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devserver.running import Run

pytestmark = pytest.mark.timeout(240)


@pytest.mark.slow
class TestADump:
    def test_is_restored_into_an_empty_folder(self, supervised: Callable[..., Run], tmp_path: Path) -> None:
        dump = tmp_path / "afterword.dump"
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
        first, second = supervised(tmp_path / "one", bundled=True), supervised(tmp_path / "other", bundled=True)

        first.start("sleeper: sleep 600\n")
        done = first.ask("psql", "-c", "CREATE TABLE kept AS SELECT 'kept' AS word")
        assert done.returncode == 0, done.stderr
        done = first.ask("pg_dump", "-Fc", "-f", str(dump))
        assert done.returncode == 0, done.stderr
        first.end()

        second.start("sleeper: sleep 600\n")
        done = second.ask("pg_restore", "--exit-on-error", "--no-owner", str(dump))
        assert done.returncode == 0, done.stderr
        assert second.ask("psql", "-At", "-c", "SELECT word FROM kept").stdout == "kept\n"

    @pytest.mark.parametrize("program", ["psql", "pg_dump", "pg_restore"])
    def test_of_another_database_is_left_to_its_own_programs(self, supervised: Callable[..., Run], program: str) -> None:
        done = supervised(DATABASE_URL="postgres://db.example/afterword").ask(program)
        assert done.returncode == 1
        assert f"use your own {program}" in done.stderr
