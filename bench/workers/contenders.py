"""What is measured: how each starts, how its work is queued while it waits, and how its end is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from redis import Redis

from bench.report import FOLDER
from bench.workers import raw, samples
from bench.workers.measuring import Machine, Pass
from bench.workers.peer import PLACE
from owed import Task, record, sql
from owed.waker import waker

ROOT = Path(__file__).resolve().parents[2]
LOG = FOLDER / "workers.log"
PACKAGES = ("procrastinate>=3,<4", "django-tasks-db>=0.13,<1")
CHUNK = 5000
PATIENCE = 180.0
UNFINISHED = "SELECT EXISTS (SELECT FROM effects_effect WHERE finished_at IS NULL)"
LEFT_OF_PEERS = {
    "procrastinate": "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))",
    "tasks_db": "SELECT EXISTS (SELECT FROM django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING'))",
}


class Workers:
    """Processes in groups of their own, which stand still except while they are measured."""

    def __init__(self, stack: ExitStack, *commands: Sequence[str], **env: str | None) -> None:
        log = stack.enter_context(LOG.open("ab"))
        said = {name: value for name, value in {**os.environ, **env}.items() if value}
        start = partial(subprocess.Popen[bytes], cwd=ROOT, env=said, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes = [start([sys.executable, *each], stdout=log, stderr=log) for each in commands]
        stack.callback(self._end)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            os.killpg(process.pid, number)

    def _end(self) -> None:
        self.signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()


@dataclass(frozen=True)
class Contender:
    name: str
    number: int
    workers: Workers
    owe: Callable[[int], object]
    left: Callable[[], bool]

    def measure(self, machine: Machine, number: int) -> Pass:
        """Queue so many while the workers stand still, let them go, and return how it went."""
        self.workers.signal(signal.SIGSTOP)
        self.owe(number)
        cpu, began = machine.cpu(*self.workers.pids), time.monotonic()
        self.workers.signal(signal.SIGCONT)
        while self.left():
            if time.monotonic() - began > PATIENCE:
                raise SystemExit(f"{self.name} did not end within {PATIENCE:g} s; see {LOG}.")
            time.sleep(0.01)
        seconds, spent = time.monotonic() - began, machine.cpu(*self.workers.pids) - cpu
        self.workers.signal(signal.SIGSTOP)
        return Pass(number, seconds, spent)


def celery_alone(stack: ExitStack) -> Contender:
    url = os.environ["CELERY_BROKER_URL"].replace("virtual_host=0", "virtual_host=2")
    raw.app.conf.update(broker_read_url=url, broker_write_url=url)
    broker = Redis(unix_socket_path=url.partition("://")[2].partition("?")[0], db=2)
    command = ["-m", "celery", "-A", "bench.workers.raw", "worker", "-c", "2", "-n", "raw@%h"]
    return Contender(
        "raw Celery",
        2000,
        Workers(stack, command, BENCH_RAW_BROKER=url, DJANGO_SETTINGS_MODULE=None),
        _send,
        lambda: bool(broker.llen(raw.QUEUE) or broker.hlen("unacked")),
    )


def ours(stack: ExitStack) -> list[Contender]:
    options = ["-Q", "upkeep", "-c", "2", "-n", "ours@%h", "-I", "bench.workers.samples", "--loglevel", "INFO"]
    workers = Workers(stack, ["-m", "celery", "-A", "worker", "worker", *options])
    unfinished = partial(sql.value, UNFINISHED)
    return [
        Contender("batches of 100", 10_000, workers, partial(_owe, samples.batch), unfinished),
        Contender("atomic singles", 1000, workers, partial(_owe, samples.atomic), unfinished),
        Contender("external singles", 1000, workers, partial(_owe, samples.external), unfinished),
    ]


def statements_alone(stack: ExitStack) -> list[Contender]:
    """The same statements, two processes, each half of the ids from a file of its own."""
    workers = Workers(stack, *[["-m", "bench.workers.bare", _orders(number)] for number in range(2)])
    unfinished = partial(sql.value, UNFINISHED)
    return [
        Contender("bare psycopg, batches", 10_000, workers, partial(_order, samples.batch, 100), unfinished),
        Contender("bare psycopg, singles", 1000, workers, partial(_order, samples.atomic, 1), unfinished),
    ]


def other_queues(stack: ExitStack) -> list[Contender]:
    if left_out := install():
        print(left_out)
        return []
    found = []
    for name, number in {"procrastinate": 500, "tasks_db": 200}.items():
        _peer(name, 0)
        workers = Workers(stack, *[["-m", "bench.workers.peer", name, "work"]] * 2)
        found.append(Contender(name, number, workers, partial(_peer, name), partial(sql.value, LEFT_OF_PEERS[name])))
    return found


def install() -> str:
    """Install them, where that is possible. Return why they are left out, or nothing."""
    if (PLACE / "procrastinate").exists():
        return ""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(PLACE), *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Other queues are left out: {type(error).__name__} while they were installed."
    return "Other queues are left out: they could not be installed here." if done.returncode else ""


def _send(number: int) -> None:
    with raw.app.producer_or_acquire() as producer:
        for n in range(number):
            raw.nothing.apply_async((n,), producer=producer)


def _owe(task: Task[..., ...], number: int) -> list[int]:
    ids: list[int] = []
    for start in range(0, number, CHUNK):
        with transaction.atomic():
            owed = record(*(task.si(n=n) for n in range(start, min(start + CHUNK, number))))
        ids += owed.ids
        waker.wake(owed.ready)
    waker.wait_idle(60)
    return sorted(ids)


def _order(task: Task[..., ...], size: int, number: int) -> None:
    """Owe without a hint, and write down which half is whose."""
    publish, waker.publish = waker.publish, None
    try:
        ids = _owe(task, number)
    finally:
        waker.publish = publish
    half = len(ids) // 2
    for place, part in enumerate((ids[:half], ids[half:])):
        with Path(_orders(place)).open("a") as orders:
            orders.write(f"{size} {part[0]} {part[-1]}\n")


def _orders(number: int) -> str:
    path = Path(settings.DATA_DIR) / f"bench-orders-{number}"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return str(path)


def _peer(name: str, number: int) -> None:
    subprocess.run([sys.executable, "-m", "bench.workers.peer", name, "owe", str(number)], cwd=ROOT, check=True)
