"""An installation with a database of its own, before and after an upgrade. A conftest imports the fixtures by name."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.upgrade import snapshot
from tests.upgrade.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
DUMP = Path(__file__).with_name("first.sql.gz")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A database of its own, with this checkout's commands for it."""

    url: str

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)

    def snapshot(self) -> Snapshot:
        with self.connect() as connection:
            return snapshot.take(connection)

    def load(self, dump: Path = DUMP) -> None:
        with self.connect() as connection:
            connection.execute(gzip.decompress(dump.read_bytes()))

    def manage(self, *words: str, check: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.python("-W", "ignore", "manage.py", *words, check=check, **settings)

    def python(self, *words: str, check: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "DATABASE_URL": self.url, **settings}
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=250, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@contextmanager
def installation(name: str) -> Iterator[Installation]:
    """Yield a new, empty database that goes away afterwards."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield Installation(url=server._replace(path=f"/{name}").geturl())
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def new_database() -> Callable[[str], AbstractContextManager[Installation]]:
    return installation


@dataclass(frozen=True, kw_only=True, repr=False)
class Upgrade:
    """The dump before `migrate`, after it, and after its work was done."""

    before: Snapshot
    after: Snapshot
    worked: Snapshot
    fresh: Snapshot
    again: str


@pytest.fixture(scope="session")
def upgrade() -> Iterator[Upgrade]:
    with installation("upgraded") as upgraded, installation("fresh") as fresh:
        upgraded.load()
        before = upgraded.snapshot()
        upgraded.manage("migrate", "--verbosity=0")
        after = upgraded.snapshot()
        again = upgraded.manage("migrate").stdout
        upgraded.manage("effects", "work", "--until-empty")
        fresh.manage("migrate", "--verbosity=0")
        yield Upgrade(before=before, after=after, worked=upgraded.snapshot(), fresh=fresh.snapshot(), again=again)
