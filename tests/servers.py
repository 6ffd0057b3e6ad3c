"""One private PostgreSQL and one Valkey for the whole session, addressed before Django reads its settings.

Loaded by `-p tests.servers`, not from a conftest: pytest-django reads the settings before the first conftest. Workers of xdist
inherit the addresses and take a Redis database and a data folder of their own. A given $DATABASE_URL, $CELERY_BROKER_URL or
$REDIS_URL is used instead.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from config.run_directory import BASE
from tools.devserver import orphans, server
from tools.devserver.postgres import Postgres
from tools.devserver.valkey import BROKER, Valkey

PREFIX = "afterword-test-"
HOME = "AFTERWORD_TEST_HOME"
OURS = "AFTERWORD_TEST_SERVERS"
WORKER = "PYTEST_XDIST_WORKER"
started = ExitStack()
atexit.register(started.close)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    if WORKER not in os.environ:
        sweep_leftovers()
        os.environ[HOME] = str(started.enter_context(home()))
        os.environ[OURS] = " ".join(name for name in addresses(Path("/")) if not os.environ.get(name))
        os.environ["MAILBOX_PORT"] = str(unused_port())
        # Most tests of mail ask what arrives; those of the time before it have a delay of their own.
        os.environ.setdefault("MAILING_DELAY_SECONDS", "0")
    point(Path(os.environ[HOME]), os.environ.get(WORKER, ""))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if WORKER not in os.environ and not session.config.option.collectonly:
        run_servers(Path(os.environ[HOME]))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    started.close()


def pytest_report_header() -> str:
    return f"servers of this session: {os.environ[OURS] or 'none, all addresses were given'}"


@contextmanager
def home() -> Iterator[Path]:
    """Yield a short private folder that goes away with the session."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=BASE))
    orphans.remember(folder / "processes.json", {"session": os.getpid()})
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def point(folder: Path, worker: str) -> None:
    """Tell Django where everything is."""
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    os.environ["DATA_DIR"] = str(folder / "data" / (worker or "main"))
    for name, url in addresses(folder, number).items():
        if name in os.environ[OURS].split():
            os.environ[name] = url


def addresses(folder: Path, number: int = 0) -> dict[str, str]:
    return {
        "DATABASE_URL": f"postgres://afterword@{quote(str(folder / 'pg'), safe='')}/afterword",
        "CELERY_BROKER_URL": f"redis+socket://{folder}/redis.sock?virtual_host={2 * number}",
        "REDIS_URL": f"unix://{folder}/redis.sock?db={2 * number + 1}",
    }


def run_servers(folder: Path) -> None:
    """Start what was not given from outside."""
    wanted = os.environ[OURS].split()
    servers: list[server.Server] = []
    if "DATABASE_URL" in wanted:
        servers.append(Postgres(data=folder / "postgres", sockets=folder / "pg", durable=False))
    if {"CELERY_BROKER_URL", "REDIS_URL"} & set(wanted):
        servers.append(
            Valkey(name="redis", data=folder / "redis", socket=folder / "redis.sock", policy=tuple(BROKER), databases=128)
        )
    running = {"session": os.getpid()}
    for each in servers:
        running[each.name] = started.enter_context(run(each, folder))
        orphans.remember(folder / "processes.json", running)


@contextmanager
def run(each: server.Server, folder: Path) -> Iterator[int]:
    with (folder / f"{each.name}.log").open("wb") as log:
        process = server.start(each, log)
        try:
            server.await_ready(each, process)
            if isinstance(each, Postgres):
                each.create_database()
            yield process.pid
        finally:
            server.stop(each, process)


def sweep_leftovers() -> None:
    """End what a killed session left behind. Another session may end meanwhile, and its folder with it."""
    for folder in BASE.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):
            if is_abandoned(folder):
                for pid in orphans.recall(folder / "processes.json").values():
                    orphans.end(pid, signal.SIGINT)
                shutil.rmtree(folder, ignore_errors=True)


def is_abandoned(folder: Path) -> bool:
    """Return whether it is ours and its session has ended; a session needs a moment to write itself down."""
    status = folder.stat()
    ours = status.st_uid == os.getuid() and time.time() - status.st_mtime > 5
    return ours and "session" not in orphans.recall(folder / "processes.json")


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
