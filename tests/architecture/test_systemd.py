"""config/systemd/: units that systemd reads, and that start what docker-compose.yml starts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.devserver.server import ROOT

FOLDER = ROOT / "config" / "systemd"
BIN = "/opt/afterword/.venv/bin/"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LEFT_OUT = "afterword-backup"
"""What no container does."""


def command(unit: Path) -> list[str]:
    """Return what the unit starts. Two percent signs are one."""
    [line] = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.M)
    return shlex.split(line.replace("%%", "%").removeprefix(BIN))


class TestTheUnits:
    def test_start_what_the_compose_file_starts(self) -> None:
        ours = {f"afterword-{name}": service["command"] for name, service in SERVICES.items() if "build" in service}
        # What a container opens to its network, a unit opens to its host.
        ours = {name: [word.replace("0.0.0.0", "127.0.0.1") for word in words] for name, words in ours.items()}
        assert {unit.stem: command(unit) for unit in FOLDER.glob("*.service") if unit.stem != LEFT_OUT} == ours

    def test_wait_for_a_worker_as_long_as_the_compose_file(self) -> None:
        for unit in FOLDER.glob("*-worker-*.service"):
            assert "KillMode=mixed\nTimeoutStopSec=2min" in unit.read_text()
            assert SERVICES[unit.stem.removeprefix("afterword-")]["stop_grace_period"] == "2m"

    def test_are_understood_by_systemd(self, tmp_path: Path) -> None:
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            pytest.skip("systemd-analyze is not on PATH")
        shutil.copytree(FOLDER, tmp_path / "units")
        for unit in (tmp_path / "units").glob("*.service"):  # it looks for the programs
            unit.write_text(unit.read_text().replace(BIN, f"{Path(sys.executable).parent}/"))
        names = sorted(str(unit) for unit in (tmp_path / "units").glob("afterword*.*[!d]"))
        env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}/units:"}
        done = subprocess.run(
            [analyze, "verify", "--man=no", *names], env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
