"""A whole installation of its own, made to be broken: PostgreSQL that must survive, a broker that need not, workers, a load."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from config.run_directory import BASE
from tests.chaos.tables import TABLES
from tests.servers import unused_port
from tools.devserver import server
from tools.devserver.postgres import Postgres
from tools.devserver.procfile import Program
from tools.devserver.valkey import CACHE, Valkey

KEEPS_NOTHING = ("--appendonly", "no", "--maxmemory-policy", "noeviction")
WORKERS = ("chaos1", "chaos2")
CHILDREN = 2
SUPERVISED = (*WORKERS, "relay")
PYTHON = [sys.executable, "-W", "ignore", "-m"]
OUTBOX = server.ROOT / "var" / "bench" / "outbox"


class Rig:
    """The processes by name, how each is started again, and what each has in its environment alone."""

    def __init__(self, folder: Path, engine: str = "ours", pause: str = "0.005") -> None:
        self.folder, self.engine = folder, engine
        self.postgres = Postgres(data=folder / "postgres", sockets=folder / "pg")
        self.broker = Valkey(name="broker", data=folder / "broker", socket=folder / "broker.sock", policy=KEEPS_NOTHING)
        self.cache = Valkey(name="cache", data=folder / "cache", socket=folder / "cache.sock", policy=tuple(CACHE))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.starts: dict[str, Callable[[], None]] = {}
        self.own: dict[str, Mapping[str, str]] = {}
        self.database_url = f"postgres://afterword@{quote(str(folder / 'pg'), safe='')}/afterword"
        self.env = self._environment()
        self.pause = pause
        self.generation = 0
        self.loads = "tests.chaos.samples"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "EFFECTS_"))}
        return {
            **kept,
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": f"redis+socket://{self.broker.socket}?virtual_host=0",
            "REDIS_URL": f"unix://{self.cache.socket}?db=0",
            "DATA_DIR": str(self.folder / "data"),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.outbox_settings" if self.engine == "outbox" else "config.settings",
            "CHAOS_OUTBOX": str(OUTBOX),
            "DD_DOGSTATSD_DISABLE": "true",
            "CHAOS_INTENTS": str(self.folder / "intents.log"),
            "CHAOS_ENGINE": self.engine,
            "DEBUG": "on",
        }

    def start(self) -> None:
        """Start the servers, make the tables, start the outside."""
        for each in (self.postgres, self.broker, self.cache):
            self.start_server(each)
        self.postgres.create_database()
        self.manage("migrate", "--verbosity", "0")
        with self.database() as database:
            database.execute(TABLES)
        outside = self._oracle()
        self.env |= {"CHAOS_HTTP": str(outside["http"]), "EMAIL_URL": f"smtp://127.0.0.1:{outside['smtp']}"}

    def start_server(self, each: server.Server) -> None:
        self.starts[each.name] = lambda: self.start_server(each)
        process = self.processes[each.name] = server.start(
            each, self._log(each.name), {**os.environ, **self.own.get(each.name, {})}
        )
        server.await_ready(each, process)

    def start_worker(self, name: str) -> None:
        self.starts[name] = lambda: self.start_worker(name)
        options = ["-n", f"{name}@%h", f"--concurrency={CHILDREN}", "--without-mingle", "--without-gossip"]
        ours = ["-A", "worker", "worker", "-I", self.loads]
        what = ours if self.engine == "ours" else ["-A", "tests.chaos.plain", "worker"]
        self.start_program(name, ["celery", *what, *options])

    def start_relay(self) -> None:
        self.starts["relay"] = self.start_relay
        self.start_program("relay", ["django", "celery_outbox_relay"])

    def start_web(self, name: str, **env: str) -> str:
        """Start a site as the Procfile does, and return its address."""
        port = unused_port()
        url = f"http://127.0.0.1:{port}"
        words = ["gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
        self.start_program(name, words, PORT=str(port), SITE_URL=url, **env)
        return url

    def owe(self, kind: str, number: int, name: str, **env: str) -> None:
        """Commit so many changes, each of which owes an effect of that kind."""
        self._run([*PYTHON, "tests.chaos.owing", kind, str(number), name], **env)

    def start_load(self, seed: int, posts: bool) -> None:
        self.starts["load"] = lambda: self.start_load(seed, posts)
        self.generation += 1
        words = [self.engine, str(seed), str(self.generation), "posts" if posts else "-"]
        self.start_program("load", ["tests.chaos.load", *words])

    def start_program(self, name: str, words: list[str], **env: str) -> None:
        program = Program(name=name, line=shlex.join([*PYTHON, *words]))
        self.processes[name] = server.start(program, self._log(name), {**self.env, **self.own.get(name, {}), **env})

    def has_ended(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is not None

    def supervise(self) -> list[str]:
        """Start again what ended by itself, as the supervisor of an installation does. Return its names."""
        ended = [name for name in SUPERVISED if self.has_ended(name)]
        for name in ended:
            self.start_again(name)
        return ended

    def start_again(self, name: str) -> None:
        self.starts[name]()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal the whole group and, where that ends it, wait until it has."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        if number in {signal.SIGKILL, signal.SIGQUIT}:
            process.wait(30)

    def stop(self, name: str) -> None:
        """Ask it to end."""
        process = self.processes[name]
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill(name)

    def crash_database(self) -> None:
        """Do what `pg_ctl -m immediate stop` does: SIGQUIT to the postmaster, nothing written."""
        self.processes["postgres"].send_signal(signal.SIGQUIT)
        self.processes["postgres"].wait(30)

    def children(self, name: str) -> list[int]:
        """Return the pids of a worker's pool."""
        pid = self.processes[name].pid
        with contextlib.suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def flush(self) -> None:
        with contextlib.suppress(redis.RedisError), self._client() as client:
            client.flushall()

    def waiting(self, queue: str) -> int:
        with self._client() as client:
            return int(client.llen(queue)) + int(client.hlen("unacked"))

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.broker.socket), socket_timeout=3)

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(host=str(self.folder / "pg"), user="afterword", dbname="afterword", autocommit=True) as connection:
            yield connection

    def count(self, query: str) -> int:
        with self.database() as database:
            row = database.execute(query.encode()).fetchone()
        assert row
        return int(row[0])

    def manage(self, *words: str, **env: str) -> str:
        """Return what the command said."""
        return self._run([sys.executable, "-W", "ignore", "manage.py", *words], **env)

    def verdict(self) -> dict[str, object]:
        """Let the judge speak, in a process of its own."""
        answer = self._run([*PYTHON, "tests.chaos.verdict", str(self.folder), self.database_url])
        judged: dict[str, object] = json.loads(answer)
        return judged

    def close(self) -> None:
        for name in ("broker", "postgres"):
            if name in self.processes:
                self.processes[name].send_signal(signal.SIGCONT)
        for name in [name for name in self.processes if name not in {"broker", "cache", "postgres"}]:
            self.kill(name)
        for name in ("broker", "cache", "postgres"):
            if name in self.processes:
                self.kill(name, signal.SIGKILL if name != "postgres" else signal.SIGQUIT)

    def _oracle(self) -> Mapping[str, int]:
        command = [*PYTHON, "tests.chaos.oracle", str(self.folder / "oracle.log"), self.pause]
        process = self.processes["oracle"] = subprocess.Popen(
            command, cwd=server.ROOT, stdout=subprocess.PIPE, stderr=self._log("oracle-said"), start_new_session=True
        )
        assert process.stdout
        with process.stdout as said:
            ports: dict[str, int] = json.loads(said.readline())
        return ports

    def _run(self, command: list[str], **env: str) -> str:
        done = subprocess.run(
            command, cwd=server.ROOT, env={**self.env, **env}, capture_output=True, text=True, timeout=180, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[-1]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done.stdout

    def _log(self, name: str) -> int:
        return os.open(self.folder / f"{name}.log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@contextmanager
def rigged(
    engine: str = "ours", pause: str = "0.005", keep: Path | None = None, prepare: Callable[[Rig], None] | None = None
) -> Iterator[Rig]:
    """Yield a rig that is up, prepared before that. Its folder goes away, or to `keep` with its logs where the body raises."""
    folder = Path(tempfile.mkdtemp(prefix="afterword-chaos-", dir=BASE))
    rig = Rig(folder, engine, pause)
    try:
        if prepare:
            prepare(rig)
        rig.start()
        yield rig
    except BaseException:
        if keep:
            _keep(folder, keep)
        raise
    finally:
        rig.close()
        shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path, where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log*"):
        shutil.copy(log, where / log.name)


def wait_until(holds: Callable[[], bool], within: float, pause: float = 0.3) -> bool:
    """Return whether it came to hold in time. A server that is away is a no."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error, redis.RedisError):
            if holds():
                return True
        time.sleep(pause)
    return False
