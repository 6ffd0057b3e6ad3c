"""An ordinary Celery application, whose tasks one setting makes durable."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import Celery, Task
from celery.exceptions import Ignore, Reject
from django.db import connection

app = Celery(
    "owed-tests", task_cls="owed.celery:DurableTask", set_as_current=False, broker="memory://", backend="cache+memory://"
)
app.conf.update(task_default_queue="everything", task_routes={"owed_tests.mail_*": {"queue": "mail"}})
seen: list[Any] = []
broken: set[str] = set()


@app.task(name="owed_tests.add")
def add(left: int, right: int = 0, *, note: str = "") -> int:
    seen.append((left, right, note))
    return left + right


@app.task(name="owed_tests.mail_typed")
def mail_typed(moment: datetime, key: UUID) -> None:
    seen.append((moment, key))


@app.task(name="owed_tests.bound", bind=True)
def bound(self: Task[Any, Any], name: str) -> None:
    seen.append((self.name, self.request.id, self.request.args, self.request.retries, self.request.called_directly))


@app.task(name="owed_tests.fails")
def fails() -> None:
    raise ValueError("reader@example.org is unknown")


@app.task(name="owed_tests.again", bind=True, max_retries=2)
def again(self: Task[Any, Any], name: str) -> None:
    """Try again as long as the name is among the broken ones."""
    seen.append(self.request.retries)
    if name in broken:
        raise self.retry(countdown=5, exc=ConnectionError(f"{name} is away"))


@app.task(name="owed_tests.auto", autoretry_for=(ConnectionError,), retry_backoff=2, retry_jitter=False, max_retries=3)
def auto(name: str) -> None:
    seen.append(name)
    if name in broken:
        raise ConnectionError(f"{name} is away")


@app.task(name="owed_tests.elsewhere", bind=True)
def elsewhere(self: Task[Any, Any], name: str) -> None:
    raise self.retry(args=("other",), countdown=1)


@app.task(name="owed_tests.leaves", bind=True)
def leaves(self: Task[Any, Any], how: str) -> None:
    raise Ignore if how == "ignore" else Reject("not mine", requeue=False)


@app.task(name="owed_tests.atomic", kind="atomic")
def atomic() -> None:
    seen.append(connection.in_atomic_block)


@app.task(name="owed_tests.limited", soft_time_limit=7)
def limited() -> None: ...


@app.task(name="owed_tests.as_it_was", durable=False)
def as_it_was(n: int) -> None:
    seen.append(n)


@app.task(name="owed_tests.expiring", expires=60)
def expiring() -> None: ...


app.finalize()
