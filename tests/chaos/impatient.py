"""Loaded by workers: the broker hands out again, after some seconds, whatever was not acknowledged."""

from __future__ import annotations

import os

from celery.signals import task_received, worker_init
from celery.worker.request import Request

from worker.celery import app

SECONDS = 5

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": SECONDS,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
app.conf.task_acks_late = os.environ.get("CHAOS_ACKS") == "late"


@task_received.connect
def tell(request: Request, **kwargs: object) -> None:
    """Write down each hint that is handed to this worker."""
    print(f"hint {request.name} {request.id}", flush=True)


@worker_init.connect
def mail_few_at_once(**kwargs: object) -> None:
    """Make many effects of few mails, before the children start: each worker has hints waiting while it sends."""
    from app.newsletter.models import send

    send.CHUNK = 20
