"""manage.py on the example environment, and what it offers."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from tools.devserver.server import ROOT

EXAMPLE = ROOT / ".env.example"
COMMANDS = (
    "backup", "restore", "effects", "reindex", "repair_counters", "seed_demo", "import_posts", "api_token", "social_account",
    "subscribers",
)  # fmt: skip


def example() -> dict[str, str]:
    """Return the environment that the file describes, and nothing else that the product reads."""
    lines = [shlex.split(line) for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return {"PATH": os.environ["PATH"], **dict(word.split("=", 1) for line in lines for word in line)}


def manage(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.covers("D10")
class TestTheExampleEnvironment:
    def test_passes_the_checks_for_deployment(self) -> None:
        done = manage("check", "--deploy", "--fail-level", "WARNING", env=example())
        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout

    @pytest.mark.parametrize("name", ["SECRET_KEY", "FLOWER_BASIC_AUTH"])
    def test_without_a_secret_stops_the_start_and_names_it(self, name: str) -> None:
        done = manage("check", env={key: value for key, value in example().items() if key != name})
        assert done.returncode != 0
        assert name in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.covers("D13")
class TestTheCommands:
    def own(self) -> set[str]:
        return {
            name
            for name, room in get_commands().items()
            if isinstance(room, str) and room.startswith(("app.", "owed", "tasks"))
        }

    def test_are_on_the_list(self) -> None:
        assert set(COMMANDS) <= self.own()
        listed = manage("help", "--commands", env=dict(os.environ)).stdout.split()
        assert self.own() <= set(listed)

    def test_each_explain_themselves(self, capsys: pytest.CaptureFixture[str]) -> None:
        for name in sorted(self.own()):
            with pytest.raises(SystemExit) as ended:
                call_command(name, "--help", stdout=StringIO())
            assert ended.value.code == 0, name
            assert len(capsys.readouterr().out.splitlines()) > 5, name

    @pytest.mark.slow
    def test_refuse_what_they_do_not_know_with_an_exit_code(self, tmp_path: Path) -> None:
        for words in (("effects", "dance"), ("reindex", "--fast"), ("import_posts", str(tmp_path / "nothing"))):
            done = manage(*words, env=dict(os.environ))
            assert done.returncode != 0, words
            assert "Traceback" not in done.stderr, words
