"""What the site adds to Celery's processes: a deaf ear for SIGTERM in children, and its own log lines."""

from __future__ import annotations

import signal
from typing import Any

from billiard.process import current_process
from celery.signals import setup_logging, worker_process_init


@worker_process_init.connect(weak=False, dispatch_uid="worker.ignore_group_stop")
def ignore_group_stop(**kwargs: Any) -> None:
    """Let the running task end when the whole process group is asked to stop; the parent decides. A solo pool is the parent."""
    if current_process().name != "MainProcess":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@setup_logging.connect(weak=False, dispatch_uid="worker.keep_logging")
def keep_logging(**kwargs: Any) -> None:
    """Keep the site's log lines: Celery configures logging only where no receiver is connected here."""
