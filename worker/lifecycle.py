"""What lives beside Celery in the worker's processes: the sweeper in the parent, a deaf ear for SIGTERM in children."""

from __future__ import annotations

import logging
import random
import signal
import socket
import threading
from typing import Any

from billiard.process import current_process
from celery.signals import setup_logging, worker_process_init, worker_ready, worker_shutting_down
from django.db import DatabaseError, InterfaceError, connection

from owed.heartbeat import beat
from owed.running import heal_connection
from owed.sweeping import LIMIT, sweep

logger = logging.getLogger(__name__)
PERIOD = 0.5


class Sweeper(threading.Thread):
    """Sweeps twice a second, jittered, until stopped; outlives a database that is away."""

    def __init__(self, name: str) -> None:
        super().__init__(name="effects-sweeper", daemon=True)
        self.worker = name
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(PERIOD * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter, no secret
            self._pass()
        connection.close()

    def _pass(self) -> None:
        try:
            heal_connection()
            beat(self.worker)
            while sweep().ready >= LIMIT and not self.stopped.is_set():
                continue
        except (DatabaseError, InterfaceError) as error:
            logger.warning("sweep failed; trying again", extra={"reason": type(error).__name__})
            connection.close()


_sweepers: list[Sweeper] = []


@worker_ready.connect(weak=False, dispatch_uid="worker.start_sweeper")
def start_sweeper(sender: Any = None, **kwargs: Any) -> None:
    sweeper = Sweeper(getattr(sender, "hostname", None) or socket.gethostname())
    _sweepers.append(sweeper)
    sweeper.start()


@worker_shutting_down.connect(weak=False, dispatch_uid="worker.stop_sweeper")
def stop_sweeper(**kwargs: Any) -> None:
    for sweeper in _sweepers:
        sweeper.stopped.set()


@worker_process_init.connect(weak=False, dispatch_uid="worker.ignore_group_stop")
def ignore_group_stop(**kwargs: Any) -> None:
    """Let the running task end when the whole process group is told to stop; the parent decides. A solo pool is the parent."""
    if current_process().name != "MainProcess":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@setup_logging.connect(weak=False, dispatch_uid="worker.keep_logging")
def keep_logging(**kwargs: Any) -> None:
    """Keep the site's log lines: Celery configures logging only where nobody listens here."""
