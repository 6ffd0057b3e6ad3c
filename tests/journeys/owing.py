"""What a journey does as a request would: owe in a transaction, ring after the commit."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django_celery_results.models import TaskResult

from owed import record
from owed.models import Effect
from owed.waker import waker


def owe(*signatures: Any) -> list[int]:
    """Record in one transaction and hand the ids to the waker at its commit. Return the ids."""
    with transaction.atomic():
        owed = record(*signatures)
        transaction.on_commit(owed.enqueue, robust=True)
    assert waker.wait_idle(10)
    return sorted(owed.ids)


def effect(pk: int) -> Effect:
    return Effect.objects.get(pk=pk)


def state(pk: int) -> str:
    return effect(pk).state


def count(state: str) -> int:
    return Effect.objects.filter(state=state).count()


def result_of(pk: int) -> TaskResult | None:
    """Return the result row of the hint that last claimed the effect."""
    return TaskResult.objects.filter(task_id=str(effect(pk).hint)).first()
