"""Tasks of django.tasks for the tests of the backend."""

from __future__ import annotations

import os
from typing import Any

from django.db import connection, transaction

from owed import GiveUp
from owed.django_tasks import TaskContext, task

seen: list[Any] = []
broken: set[str] = set()


@task
def note(*args: Any, **kwargs: Any) -> None:
    seen.append((args, kwargs))


@task
async def note_async(*args: Any, **kwargs: Any) -> None:
    seen.append((args, kwargs))


@task
def answer() -> int:
    return 42


@task
def value_error() -> None:
    raise ValueError("This task failed: reader@example.org is not known")


@task
def system_exit() -> None:
    raise SystemExit("This task wanted to leave")


@task
def unforeseen(name: str) -> str:
    """Fail as long as the name is among the broken ones."""
    if name in broken:
        raise ConnectionError(f"{name} is away")
    return name


@task
def hopeless() -> None:
    raise GiveUp("there is no such reader")


@task
def chained_error() -> None:
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise ValueError(ValueError("the error")) from error


@task
def unsupported_value() -> Any:
    return object()


@task
def large_value() -> str:
    return "x" * 100_000


@task(takes_context=True)
def own_id(context: TaskContext, times: int = 1) -> list[Any]:
    return [context.task_result.id, context.attempt] * times


@task
def transaction_is_open() -> bool:
    return connection.in_atomic_block and not transaction.get_autocommit()


@task
def die() -> None:
    os._exit(137)


def not_a_task() -> None:
    seen.append("called")
