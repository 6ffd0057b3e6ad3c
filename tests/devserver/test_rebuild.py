"""A data folder whose tables are not those of this release: what says so, and the way out that keeps the old data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from config import run_directory
from tests.devserver.running import Run, wait_for
from tests.servers import unused_port

ROOT = Path(__file__).resolve().parents[2]
WEB = "web: python -m gunicorn config.wsgi --config config/gunicorn.py\n"
RELEASE = "release: python -W ignore -m config.release\n"


def readiness(port: int) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_an_outdated_demo_is_named_and_rebuilt_beside_its_data(supervised: Callable[..., Run]) -> None:
    port = unused_port()
    run = supervised(DATABASE_URL="", PORT=str(port), PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    data = run.folder / "data"
    sockets = quote(str(run_directory.run_dir(data) / "pg"), safe="")
    url = f"postgres://afterword@{sockets}/afterword"
    is_ready_once_migrated(run, port)
    lose_a_column(url)
    assert run.end() == 0
    names_the_column_and_does_not_start(run, port)
    aside = rebuild(run, data)
    serves_a_new_demo(run, port, url)
    # The old data is whole: under its old name it is served again.
    (data / "postgres").rename(data / "postgres-new")
    aside.rename(data / "postgres")
    run.start("sleeper: sleep 600\n")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT slug FROM blog_tag").fetchall() == [("kept",)]
    assert run.end() == 0


def is_ready_once_migrated(run: Run, port: int) -> None:
    run.start(WEB)
    status, report = readiness(port)
    assert (status, report["ready"]) == (503, False)
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=run.env, check=True, timeout=120)
    wait_for(lambda: readiness(port)[0] == 200, "the site to be ready")


def lose_a_column(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO blog_tag (name, slug) VALUES ('Kept', 'kept')")
        connection.execute("ALTER TABLE blog_post DROP COLUMN excerpt")


def names_the_column_and_does_not_start(run: Run, port: int) -> None:
    run.start(WEB)
    status, report = readiness(port)
    assert status == 503
    assert "the column blog_post.excerpt is missing" in str(report["schema"])
    assert "python -m tools.devserver rebuild" in str(report["schema"])
    refused = run.ask("rebuild")
    assert refused.returncode == 1
    assert "make stop" in refused.stderr
    assert run.end() == 0

    run.start(RELEASE + WEB, until="python -m tools.devserver rebuild")
    assert "the column blog_post.excerpt is missing" in run.said()
    assert run.process
    assert run.process.wait(60) != 0


def rebuild(run: Run, data: Path) -> Path:
    """Return the folder to which the old data was moved."""
    rebuilt = run.ask("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    (aside,) = data.glob("postgres-until-*")
    assert str(aside) in rebuilt.stdout
    return aside


def serves_a_new_demo(run: Run, port: int, url: str) -> None:
    # The demo is loaded meanwhile; a busy machine takes minutes for it.
    run.start(RELEASE + WEB, until="release")
    wait_for(lambda: "Everything is up" in run.said(), "the new demo", patience=300)
    assert readiness(port)[0] == 200
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM blog_post WHERE excerpt IS NOT NULL").fetchone() != (0,)
    assert run.end() == 0


def test_a_database_of_ones_own_is_left_alone(supervised: Callable[..., Run]) -> None:
    answer = supervised().ask("rebuild")
    assert answer.returncode == 1
    assert "nothing was changed" in answer.stderr
