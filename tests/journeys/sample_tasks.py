"""Effects that only the journeys know; a worker loads them by `-I tests.journeys.sample_tasks`."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from django.db import connection

from owed import GiveUp, current, effect, task

TABLES = """
CREATE TABLE journey_write (id bigserial, n integer, effect bigint, attempt integer);
CREATE TABLE journey_gate (name text);
"""
ADDRESS = "reader@example.org"


@task("test.write")
def write(*, n: int) -> None:
    put(n)


@effect("test.write_together", batch=100, debounce=0.5)
def _write_together(*, post_id: int) -> None:
    """Take many at once."""


@_write_together.runs_many
def write_together(post_ids: list[int]) -> None:
    for n in post_ids:
        put(n)


@task("test.take_a_while", kind="external", timeout=10)
def take_a_while(*, n: int) -> None:
    """Stand for a call to the outside."""
    time.sleep(0.3)
    put(n)


@task("test.linger", timeout=3)
def linger(*, n: int) -> None:
    """Write, then hang at the first attempt, so that a kill finds the transaction open."""
    put(n)
    hang()


@task("test.call_and_linger", kind="external", timeout=3)
def call_and_linger(*, n: int) -> None:
    """Do what cannot be undone, then hang at the first attempt."""
    put(n)
    hang()


TRIP = 7


@task("test.trip", kind="external", timeout=3)
def trip(*, n: int) -> None:
    """At the first attempt, one of many ends its own process, as the kernel does where memory runs out."""
    put(n)
    if n == TRIP and attempt() == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@task("test.deaf", kind="external", timeout=3)
def deaf(*, n: int) -> None:
    """At the first attempt, one of many hangs, and takes the soft limit for an error that passes."""
    put(n)
    while n == TRIP and attempt() == 1:
        with contextlib.suppress(Exception):
            time.sleep(60)


@task("test.wait_for_gate", timeout=40)
def wait_for_gate(*, n: int) -> None:
    """Write when the test opens the gate."""
    while not gate_open():
        time.sleep(0.03)
    put(n)


@task("test.stumble")
def stumble(*, n: int) -> None:
    """Fail once, with an address and a secret in the message."""
    if attempt() == 1:
        raise ConnectionError(f"no answer for {ADDRESS} from smtp://user:hunter22@mail.example.net/?key=hunter22")
    put(n)


@task("test.refuse", kind="external", timeout=5)
def refuse(*, n: int) -> None:
    raise GiveUp(f"{ADDRESS} does not exist")


def hang() -> None:
    if attempt() == 1:
        time.sleep(60)


def attempt() -> int:
    running = current()
    return running.attempt if running else 0


def put(n: int) -> None:
    running = current()
    with connection.cursor() as cursor:
        row = [n, running.id if running else None, attempt()]
        cursor.execute("INSERT INTO journey_write (n, effect, attempt) VALUES (%s, %s, %s)", row)


def written() -> list[tuple[int, int]]:
    """Return number and attempt of each write that was committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, attempt FROM journey_write ORDER BY n, id")
        return list(cursor.fetchall())


def open_gate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO journey_gate VALUES ('open')")


def gate_open() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM journey_gate)")
        return bool(cursor.fetchone()[0])
