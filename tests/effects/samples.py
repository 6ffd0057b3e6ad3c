"""Effects for the ledger's own tests, and what they did."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.db import connection

from owed import GiveUp, Later, current, effect, task

ran: list[tuple[str, Any]] = []
poison: set[int] = set()


@task("test.note")
def note(*, n: int) -> None:
    """Write a row, so that doing it twice shows."""
    ran.append(("note", n))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO sample_applied (n) VALUES (%s)", [n])
    if n in poison:
        raise ValueError(f"poison {n} for reader@example.org at smtp://user:secret@host/?token=abc")


@task("test.call", kind="external", timeout=5)
def call(*, n: int) -> None:
    running = current()
    assert running is not None
    ran.append(("call", running.key))
    if n in poison:
        raise ConnectionError("refused")


@effect("test.together", batch=100)
def _together(*, post_id: int) -> None:
    """Take many at once."""


@_together.runs_many
def together(post_ids: list[int]) -> None:
    ran.append(("together", sorted(post_ids)))
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO sample_applied (n) VALUES (%s)", [(pk,) for pk in post_ids])
    if poison.intersection(post_ids):
        raise ValueError("poison in the batch")


@effect("test.debounced", batch=10, debounce=0.5)
def _debounced(*, post_id: int) -> None:
    """Take many at once."""


@_debounced.runs_many
def debounced(post_ids: list[int]) -> None:
    ran.append(("debounced", sorted(post_ids)))


LAST_WORDS = 99


@effect("test.slowly", batch=2)
def _slowly(*, post_id: int) -> None:
    """Take two at once, and longer than a hint may take."""


@_slowly.runs_many
def slowly(post_ids: list[int]) -> None:
    if LAST_WORDS in post_ids:
        raise SystemExit
    time.sleep(0.55)


@task("test.later", kind="external", timeout=5)
def later(*, seconds: int) -> None:
    raise Later(timedelta(seconds=seconds), "busy")


@task("test.hopeless", kind="external", timeout=5, max_attempts=3)
def hopeless(*, n: int) -> None:
    raise GiveUp(f"reader{n}@example.org does not exist")


@task("test.frail", max_attempts=2)
def frail(*, n: int) -> None:
    raise ValueError("never works")


@task("test.renamed", formerly=("test.old_name",))
def renamed(*, n: int) -> None:
    ran.append(("renamed", n))


def rows() -> list[int]:
    """Return what the sample effects wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM sample_applied ORDER BY n")
        return [row[0] for row in cursor.fetchall()]


@task("test.chain")
def chain(*, n: int) -> None:
    """Owe the next one, down to zero."""
    if n:
        chain.delay(n=n - 1)
