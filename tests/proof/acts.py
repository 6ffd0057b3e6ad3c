"""What an actor can do to the ledger. Needs Django to be set up."""

from __future__ import annotations

import os
import signal
import sys
import time
from uuid import uuid4

import kombu.transport.redis  # noqa: F401 - once in the server, not in every child
from billiard.pool import soft_timeout_sighandler
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.delivering import deliver
from app.newsletter.mailing_run import PACE
from owed import Later, draining, record, registry
from owed.celery import HASTE
from owed.running import run
from owed.sweeping import sweep
from owed.waker import waker
from tests.proof import samples

PATIENCE = 60.0
HASTE["redis"].update(socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


def owe(*numbers: str) -> None:
    """Change something and owe an effect for each number, as a request does."""
    with transaction.atomic():
        samples.put("proof_document", "n", [int(numbers[0])])
        owed = record(*(samples.apply.si(n=int(n)) for n in numbers))
        transaction.on_commit(owed.enqueue, robust=True)


def delay(n: str) -> None:
    samples.apply.delay(n=int(n))


def publish(pk: str) -> None:
    """Publish a post, as the studio does."""
    Post.objects.get(pk=pk).publish(at=timezone.now())


def run_these(task: str, *ids: str) -> None:
    run(registry.get(task), [int(pk) for pk in ids], uuid4())


def run_told(how: str, task: str, *ids: str) -> None:
    """Run effects whose bodies shall end in this way."""
    samples.outcomes.update(dict.fromkeys(range(100), how))
    run_these(task, *ids)


def run_overdue(task: str, *ids: str) -> None:
    """Run effects whose lease is over as it begins."""
    settings.OWED_LEASE_MARGIN = -registry.get(task).timeout
    run_these(task, *ids)


def mail(url: str, *ids: str) -> None:
    """Send these deliveries to the mail server at this address, in windows as large as they become.

    Exits with os.EX_TEMPFAIL where the rest is for a later run; another error is one of the process.
    """
    settings.EMAIL_URL = url
    PACE.size = settings.MAIL_WINDOW
    try:
        deliver([int(pk) for pk in ids])
    except Later:
        sys.exit(os.EX_TEMPFAIL)


def work() -> None:
    """Sweep and run until killed, as a worker does."""
    while True:
        sweep()
        draining.work()
        time.sleep(0.1)


VERBS = {
    "work": work,
    "owe": owe,
    "delay": delay,
    "publish": publish,
    "run": run_these,
    "run_told": run_told,
    "run_overdue": run_overdue,
    "mail": mail,
    "sweep": lambda: sweep(),
}


def act(verb: str, *words: str) -> None:
    """Do it as a pool's child would, and let the waker finish."""
    signal.signal(signal.SIGUSR1, soft_timeout_sighandler)
    VERBS[verb](*words)
    assert waker.wait_idle(PATIENCE)
