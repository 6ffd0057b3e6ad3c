"""Owe, let time pass, and do what is owed: the other side of every fault."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F

from owed import record, registry
from owed.models import Effect
from owed.running import Report, run
from owed.sweeping import sweep
from owed.waker import Hint

ROUNDS = 10


def owe(*signatures: Any) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


def pass_time() -> None:
    """Let every lease, backoff and ring end."""
    Effect.objects.filter(finished_at=None).update(wake_at=F("wake_at") - timedelta(days=1))


def recover() -> list[Report]:
    """Sweep and run, as a restarted worker does, until nothing is owed."""
    reports: list[Report] = []
    for _ in range(ROUNDS):
        pass_time()
        reports += follow(sweep().hints)
        if not Effect.objects.filter(finished_at=None).exists():
            return reports
    raise AssertionError(f"still owed after {ROUNDS} rounds: {list(Effect.objects.filter(finished_at=None))}")


def follow(hints: Iterable[Hint]) -> list[Report]:
    return [run(registry.get(hint.task), hint.ids, uuid4()) for hint in hints]


def run_one(pk: int) -> Report:
    return run(registry.get(effect(pk).task), [pk], uuid4())


def effect(pk: int) -> Effect:
    return Effect.objects.get(pk=pk)


def standing(pk: int) -> tuple[str, int]:
    """Return an effect's state and attempt."""
    each = effect(pk)
    return each.state, each.attempt


def applied() -> list[int]:
    """Return what atomic effects wrote, in order."""
    return [row[0] for row in select("SELECT n FROM proof_applied ORDER BY n")]


def called() -> list[tuple[str, int]]:
    """Return what external effects did: the key shown to the outside, and the attempt."""
    return select("SELECT key, attempt FROM proof_called ORDER BY key, attempt")


def select(query: str, parameters: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def execute(statement: str, parameters: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
