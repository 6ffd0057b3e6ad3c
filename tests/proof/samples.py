"""Effects that the proofs run, and what is left of them: `proof_applied` within the database, `proof_called` outside of it."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from owed import GiveUp, Later, current, effect, task

TABLES = """
DROP TABLE IF EXISTS proof_applied, proof_called, proof_document, proof_index, proof_rated;
CREATE TABLE proof_rated (n integer, at timestamptz);
CREATE TABLE proof_applied (n integer, attempt integer);
CREATE TABLE proof_called (key text, n integer, attempt integer);
CREATE TABLE proof_document (n integer PRIMARY KEY, version integer NOT NULL DEFAULT 0);
CREATE TABLE proof_index (n integer PRIMARY KEY, version integer NOT NULL)
"""
INDEX = """
INSERT INTO proof_index SELECT n, version FROM proof_document WHERE n = ANY(%s)
ON CONFLICT (n) DO UPDATE SET version = excluded.version WHERE excluded.version > proof_index.version
"""
outcomes: dict[int, str] = {}
"""How the bodies shall end for each n; without an entry they succeed."""
meetings: list[Callable[[], object]] = []
"""What a body does between its two steps, once each."""


@task("proof.apply", max_attempts=3)
def apply(*, n: int) -> None:
    """Write a row in the effect's own transaction."""
    meet()
    put("proof_applied", "n, attempt", [n, attempt()])
    end_as_told(n)


@effect("proof.together", batch=100, max_attempts=3)
def _together(*, post_id: int) -> None:
    """Take many at once."""


@_together.runs_many
def together(post_ids: list[int]) -> None:
    for n in post_ids:
        put("proof_applied", "n, attempt", [n, attempt()])
        end_as_told(n)


@task("proof.call", kind="external", timeout=1, max_attempts=3)
def call(*, n: int) -> None:
    """Do what no rollback takes back."""
    running = current()
    assert running
    meet()
    put("proof_called", "key, n, attempt", [running.key, n, running.attempt])
    end_as_told(n)


@task("proof.rated", kind="external", timeout=1, rate="14/s")
def rated(*, n: int) -> None:
    """Call one who takes fourteen a second, and takes some time to answer."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO proof_rated SELECT %s, clock_timestamp() FROM pg_sleep(random() * 0.02)", [n])


@task("proof.single", at_most=1)
def single(*, n: int) -> None:
    """Run one at a time."""


@task("proof.serial", key="subject")
def serial(*, n: int, subject: int) -> None:
    """One of a subject at a time."""
    put("proof_applied", "n, attempt", [n, attempt()])


@effect("proof.index", batch=100)
def _index(*, document_id: int) -> None:
    """Bring the index up to what the documents are now."""


@_index.runs_many
def index(document_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INDEX, [document_ids])


@task("proof.misbehave", timeout=1, max_attempts=2)
def misbehave(*, n: int, deed: str) -> None:
    put("proof_applied", "n, attempt", [n, attempt()])
    DEEDS[deed]()


@task("proof.stumble", timeout=1)
def stumble(*, n: int, deed: str) -> None:
    """Misbehave at the first attempt only."""
    put("proof_applied", "n, attempt", [n, attempt()])
    if attempt() == 1:
        DEEDS[deed]()


@task("proof.stumble_outside", kind="external", timeout=1)
def stumble_outside(*, n: int, deed: str) -> None:
    call(n=n)
    if attempt() == 1:
        DEEDS[deed]()


@task("proof.count_both")
def count_both(*, first: int, second: int) -> None:
    """Count two documents up, one after the other."""
    count_up(first)
    meet()
    count_up(second)


@task("proof.count")
def count(*, n: int) -> None:
    """Read, then write what was read and one more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM proof_document WHERE n = %s", [n])
        version = cursor.fetchone()[0]
    meet()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE proof_document SET version = %s WHERE n = %s", [version + 1, n])


@effect("proof.misbehave_together", batch=100, timeout=1, max_attempts=2)
def _misbehave_together(*, post_id: int) -> None:
    """Take many at once."""


@_misbehave_together.runs_many
def misbehave_together(post_ids: list[int]) -> None:
    for n in post_ids:
        put("proof_applied", "n, attempt", [n, attempt()])
    if 13 in post_ids:
        DEEDS["be killed"]()


def recurse() -> None:
    recurse()


def spin() -> None:
    while True:
        pass


def fill() -> None:
    bytearray(1 << 46)


def lose_the_database() -> None:
    """End the backend of this very connection; the statement itself fails."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def linger() -> None:
    """Outlast the effect's own timeout in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")


def leave() -> None:
    raise SystemExit(3)


DEEDS: dict[str, Callable[[], object]] = {
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "be killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "fill memory": fill,
    "recurse": recurse,
    "spin": spin,
    "leave": leave,
    "lose the database": lose_the_database,
    "linger": linger,
    "dawdle": lambda: time.sleep(0.55),
    "none": lambda: None,
}


def count_up(n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE proof_document SET version = version + 1 WHERE n = %s", [n])


def meet() -> None:
    if meetings:
        meetings.pop()()


def end_as_told(n: int) -> None:
    """Return, or raise what the test told this n to raise."""
    match outcomes.get(n):
        case "fail":
            raise ValueError("told to fail")
        case "later":
            raise Later(timedelta(hours=1), "told to wait")
        case "give up":
            raise GiveUp("told to give up")


def attempt() -> int:
    running = current()
    return running.attempt if running else 0


def put(table: str, columns: str, values: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(values))})", values)
