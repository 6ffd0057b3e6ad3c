"""PgBouncer in transaction mode between the application and its database: no statement may rely on the one before it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.chaos import journey
from tests.chaos.laws import Broken
from tests.chaos.monkey import Monkey
from tests.chaos.rig import Rig, rigged
from tools.devserver.postgres import ROLE, Postgres
from tools.devserver.server import ROOT

SEED = 1
SECONDS = 12.0
POOL = 20
SUITE_SECONDS = 900
SUITE = ("tests/effects", "tests/proof")
# These end, change or watch one session by its pid; behind a pooler nobody has a session.
OF_A_SESSION = (
    "TestABackendThatIsKilled",
    "TestTooManyConnections",
    "serialisation_failure",
    "before_the_owner_holds_the_row",
    "count_the_sweep_that_was_first",
)
SETTINGS = """
[databases]
* = host={database} port=5432
[pgbouncer]
pool_mode = transaction
auth_type = trust
auth_file = {folder}/users.txt
admin_users = {role}
listen_addr =
unix_socket_dir = {folder}
max_client_conn = 500
default_pool_size = {pool}
server_reset_query_always = 0
ignore_startup_parameters = extra_float_digits
"""


@dataclass(frozen=True, kw_only=True)
class PgBouncer:
    """A pooler on a socket of its own, run as its database's user."""

    postgres: Postgres
    folder: Path
    name: str = "pgbouncer"
    stop_signal: signal.Signals = signal.SIGINT

    @property
    def user(self) -> tuple[int, int] | None:
        return self.postgres.user

    @property
    def needs(self) -> list[Path]:
        return [self.folder, self.postgres.sockets]

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@{quote(str(self.folder), safe='')}:6432/{ROLE}"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        values = {"database": self.postgres.sockets, "folder": self.folder, "role": ROLE, "pool": POOL}
        (self.folder / "pgbouncer.ini").write_text(SETTINGS.format(**values))
        (self.folder / "users.txt").write_text(f'"{ROLE}" ""\n')
        (self.folder / ".s.PGSQL.6432").unlink(missing_ok=True)
        if self.user:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, *self.user)

    def command(self) -> list[str]:
        return [str(program()), str(self.folder / "pgbouncer.ini")]

    def ready(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.ask("SHOW VERSION")
            return True
        return False

    def ask(self, question: str) -> list[dict[str, object]]:
        """Ask its console."""
        with psycopg.connect(
            host=str(self.folder), port=6432, user=ROLE, dbname="pgbouncer", autocommit=True, connect_timeout=5
        ) as console:
            cursor = psycopg.ClientCursor(console, row_factory=psycopg.rows.dict_row)
            return cursor.execute(question.encode()).fetchall()


def program() -> Path | None:
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin") or shutil.which("pgbouncer")
    return Path(found) if found else None


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    return "" if program() else "pgbouncer is not installed"


def run() -> str:
    """Return what was seen. Raises Broken."""
    return f"{suite()}; {load()}"


def suite() -> str:
    """Run the ledger's own tests with the application behind the pooler."""
    with rigged(prepare=pooled) as rig:
        # The database is not dropped: the pooler keeps it open, and the whole cluster goes away.
        options = ["-m", "not slow", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", "--reuse-db", "--no-header", "-rfE"]
        chosen = ["-k", " and ".join(f"not {name}" for name in OF_A_SESSION)]
        command = [sys.executable, "-W", "ignore", "-m", "pytest", *options, *chosen, *SUITE]
        env = {**rig.env, "EMAIL_URL": ""}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SUITE_SECONDS, check=False)
        last = (done.stdout.strip().splitlines() or [""])[-1].strip("= ")
        if done.returncode:
            raise Broken({"the ledger's tests": last, "output": done.stdout[-6000:] + done.stderr[-1000:]})
        return f"the ledger's tests behind it: {last}"


def load() -> str:
    """Break an installation behind it, the pooler too."""
    with rigged(prepare=pooled) as rig:
        journey.begin(rig, SEED, posts=True)
        monkey = Monkey(rig, SEED)
        monkey.rage(SECONDS)
        rig.kill("pgbouncer")
        time.sleep(1)
        rig.start_again("pgbouncer")
        monkey.rage(SECONDS)
        rig.stop("load")
        verdict = journey.settled(rig, monkey.done)
        faults = sum(verdict["faults"].values()) + 1
        return (
            f"under {faults} faults, its own death among them: committed {verdict['committed']}, lost 0, doubled 0, stale 0, "
            f"unknown {verdict['unknown']}"
        )


def pooled(rig: Rig) -> None:
    """Put a pooler between the rig's programs and its database. The judge keeps a line of its own."""
    bouncer = PgBouncer(postgres=rig.postgres, folder=rig.folder / "pool")
    rig.start_server(bouncer)
    rig.env["DATABASE_URL"] = bouncer.url
