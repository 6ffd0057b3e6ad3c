"""The same tasks without the ledger. $CHAOS_ENGINE is plain, acks_late, or outbox: the second behind an outbox."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from celery import Celery
from celery.contrib.django.task import DjangoTask

from tests.chaos import bodies

VISIBILITY_TIMEOUT = 5

ENGINE = os.environ.get("CHAOS_ENGINE", "")


def application() -> Celery:
    if ENGINE == "outbox":
        # At the end: the folder's own copies of what the project has are not used.
        sys.path.append(os.environ["CHAOS_OUTBOX"])
        made: Celery = import_module("django_celery_outbox").OutboxCelery("plain")
        return made
    return Celery("plain", task_cls=DjangoTask)


app = application()
app.conf.update(
    broker_url=os.environ.get("CELERY_BROKER_URL"),
    task_ignore_result=True,
    task_default_queue="plain",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    CELERY_DB_REUSE_MAX=100_000,
)
if ENGINE in {"acks_late", "outbox"}:
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        broker_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT},
    )


@app.task(name="plain.apply")
def apply(n: str) -> None:
    bodies.apply(n)


@app.task(name="plain.index")
def index(source_id: int) -> None:
    bodies.index([source_id])


@app.task(name="plain.call")
def call(n: str) -> None:
    bodies.call(n, n)


def owe(kind: str, n: str, subject: int | None) -> None:
    """Have the task sent when the caller's transaction has been committed, or written to the outbox within it."""
    task = {"apply": apply, "index": index, "call": call}[kind]
    send = task.delay if ENGINE == "outbox" else task.delay_on_commit
    send(subject if kind == "index" else n)
