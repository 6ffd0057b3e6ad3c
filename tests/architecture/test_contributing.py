"""What a contributor meets first works: the Python that make chooses, the hooks, the workflow, the commands that are named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_config

from tests.faults.__main__ import FAULTS

ROOT = Path(__file__).resolve().parents[2]
OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
TOOLS = ("make", "sh", "env", "rm", "touch", "test", "uname")
STAMP = ".python-"


def make(*words: str, path: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": path, "HOME": str(home)}
    return subprocess.run(["make", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def chosen(answer: subprocess.CompletedProcess[str]) -> str:
    found = re.search(r"^VERSION := ?(.*)$", answer.stdout, re.MULTILINE)
    assert found is not None, answer.stderr
    return found[1]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder for PATH that has make and a shell, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        for place in ("/usr/bin", "/bin"):
            if (Path(place) / name).exists() and not (folder / name).exists():
                (folder / name).symlink_to(Path(place) / name)
    return folder


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class TestMake:
    def test_passes_over_a_python_that_does_not_run(self, programs: Path, tmp_path: Path) -> None:
        program(programs / "python3.13", "echo 'command not found' >&2; exit 127")
        program(programs / "python3.11", f'exec {sys.executable} "$@"')
        assert chosen(make("-pn", "run", f"VENV={tmp_path}/venv", path=str(programs), home=tmp_path)) == OURS

    def test_finds_one_that_pyenv_keeps_off_the_path(self, programs: Path, tmp_path: Path) -> None:
        program(tmp_path / ".pyenv/versions/3.13.9/bin/python", f'exec {sys.executable} "$@"')
        assert chosen(make("-pn", "run", f"VENV={tmp_path}/venv", path=str(programs), home=tmp_path)) == OURS

    def test_says_what_is_needed_where_there_is_none(self, programs: Path, tmp_path: Path) -> None:
        answer = make("run", f"VENV={tmp_path}/venv", path=str(programs), home=tmp_path)
        assert answer.returncode != 0
        assert "Python 3.11 or later" in answer.stdout

    @pytest.mark.slow
    def test_replaces_an_environment_of_another_version(self, tmp_path: Path) -> None:
        program(tmp_path / "venv/bin/python", "echo 3.9")
        (tmp_path / "venv/pyvenv.cfg").touch()
        answer = environment(tmp_path / "venv")
        assert answer.returncode == 0, answer.stderr
        told = subprocess.run([tmp_path / "venv/bin/python", "-V"], capture_output=True, text=True, check=True).stdout
        assert told.startswith(f"Python {OURS}.")

    @pytest.mark.slow
    def test_leaves_the_environment_of_another_checkout_alone(self, tmp_path: Path) -> None:
        program(tmp_path / "theirs/bin/python", "echo 3.9")
        (tmp_path / "theirs/pyvenv.cfg").touch()
        (tmp_path / "venv").symlink_to(tmp_path / "theirs")
        assert environment(tmp_path / "venv").returncode == 0
        assert (tmp_path / "theirs/bin/python").read_text().endswith("echo 3.9\n")
        assert not (tmp_path / "venv").is_symlink()

    def test_keeps_an_environment_of_the_same_version(self, tmp_path: Path) -> None:
        program(tmp_path / "venv/bin/python", f"echo {OURS}")
        (tmp_path / "venv/pyvenv.cfg").touch()
        assert environment(tmp_path / "venv").returncode == 0
        assert (tmp_path / "venv/bin/python").read_text().endswith(f"echo {OURS}\n")


def environment(folder: Path) -> subprocess.CompletedProcess[str]:
    words = (f"{folder}/{STAMP}{OURS}", f"VENV={folder}", f"PYTHON={sys.executable}")
    return make(*words, path=os.environ["PATH"], home=folder.parent)


class TestTheHooks:
    def test_are_valid_and_fetch_no_other_repository(self) -> None:
        hooks = load_config(str(ROOT / ".pre-commit-config.yaml"))
        assert {each["repo"] for each in hooks["repos"]} == {"local"}

    def test_run_programs_of_the_dev_lock(self) -> None:
        config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
        for hook in config["repos"][0]["hooks"]:
            folder, _, name = hook["entry"].partition(" ")[0].rpartition("/")
            assert folder == ".venv/bin", hook["id"]
            assert Path(sys.executable).with_name(name).exists(), hook["id"]


class TestTheWorkflow:
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("schema", "path"),
        [
            ("vendor.github-workflows", ".github/workflows/ci.yml"),
            ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml"),
            ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/idea.yml"),
        ],
    )
    def test_is_valid_as_are_the_forms(self, schema: str, path: str) -> None:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout

    def test_runs_what_a_developer_runs(self) -> None:
        workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
        commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
        assert commands == [".ci/run", "make check"]

    def test_proves_what_make_test_leaves_out(self, pytestconfig: pytest.Config) -> None:
        left_out = set(re.findall(r"not (\w+)", " ".join(pytestconfig.getini("addopts"))))
        ran = set(re.findall(r'^limited make faults OPTIONS="(.+)"$', (ROOT / ".ci/run").read_text(), re.MULTILINE)[0].split())
        assert left_out == ran == {"long", "slow"}
        assert ran <= set(FAULTS)


class TestTheGuide:
    def test_names_targets_of_make_that_exist(self) -> None:
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        named = set(re.findall(r"\bmake ([a-z]+)\b`", (ROOT / "CONTRIBUTING.md").read_text()))
        assert {"check", "test", "mutate", "faults", "bench", "docs"} <= named
        assert named <= targets

    @pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
    def test_links_to_files_that_exist(self, name: str) -> None:
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text())
        assert [link for link in links if not (ROOT / link).exists()] == []
