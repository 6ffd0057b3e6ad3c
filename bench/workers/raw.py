"""Celery with nothing around it: no results, no events, late acknowledgement, a deep prefetch."""

from __future__ import annotations

import os

from celery import Celery

QUEUE = "raw"
app = Celery("raw", set_as_current=False)
app.conf.update(
    # Not broker_url, over which $CELERY_BROKER_URL would win.
    broker_read_url=os.environ.get("BENCH_RAW_BROKER"),
    broker_write_url=os.environ.get("BENCH_RAW_BROKER"),
    broker_connection_retry_on_startup=True,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
)


@app.task(name="raw.nothing")
def nothing(n: int) -> None:
    pass
