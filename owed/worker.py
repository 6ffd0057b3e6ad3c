"""What runs beside Celery in a worker: the sweeper, a thread of the parent process."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from celery.app import app_or_default
from celery.bootsteps import Step
from celery.signals import celeryd_init, worker_ready, worker_shutting_down
from celery.worker import state
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError, InterfaceError, connection

from .celery import HEADER, Publisher, publish_with
from .connections import heal_connection
from .counting import recount
from .heartbeat import beat
from .listening import Listen, listening
from .sweeping import LIMIT, sweep
from .unknown import put_back
from .waker import waker

logger = logging.getLogger(__name__)
PERIOD = 0.5
RECOUNT = 60.0
BEAT = 5.0
"""Seconds between signs of life. Asked here too: otherwise every second statement of an idle worker would write nothing."""
IDLE = 10.0
"""Seconds that a worker which was asked to end, and runs nothing, is given for its goodbye to the broker."""


class Sweeper(threading.Thread):
    """Sweeps twice a second, jittered, until stopped; outlives a database that is away."""

    def __init__(self, name: str, queues: Sequence[str] = ()) -> None:
        super().__init__(name="owed-sweeper", daemon=True)
        self.worker = name
        self.queues = list(queues)
        self.since = time.time()
        self.stopped = threading.Event()
        self._called = threading.Event()
        self._unknown: deque[int] = deque()
        self._recounted = self._beaten = float("-inf")
        self.deaf = False

    def run(self) -> None:
        while not self.stopped.is_set():
            self._called.wait(PERIOD * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret
            self._called.clear()
            self._pass()
        connection.close()

    def stop(self) -> None:
        self.stopped.set()
        self._called.set()

    def put_back(self, ids: Iterable[int]) -> None:
        """Have effects put back, at once, that this worker does not know."""
        self._unknown.extend(ids)
        self._called.set()

    def facts(self) -> dict[str, Any]:
        """Return who this worker is, and which hints its processes run now. Times are seconds since 1970."""
        running = [(each.id, each.name, each.worker_pid, each.time_start) for each in _active()]
        names = ("hint", "task", "pid", "since")
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "queues": self.queues,
            "since": self.since,
            "runs": [dict(zip(names, each, strict=True)) for each in running],
        }

    def _is_deaf(self) -> bool:
        was, self.deaf = self.deaf, listening.is_deaf()
        if self.deaf and not was:
            facts = {"seconds": round(listening.silence())}
            logger.error("worker does not hear its broker, which answers others; it does not sweep: restart it", extra=facts)
        return self.deaf

    def _pass(self) -> None:
        if self._is_deaf():
            return
        try:
            heal_connection()
            if time.monotonic() - self._beaten > BEAT:
                beat(self.worker, self.facts())
                self._beaten = time.monotonic()
            if ids := [self._unknown.popleft() for _ in range(len(self._unknown))]:
                put_back(ids)
            while sweep().ready >= LIMIT and not self.stopped.is_set():
                continue
            if time.monotonic() - self._recounted > RECOUNT:
                self._recounted = time.monotonic()
                recount()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("sweep failed; trying again", extra={"reason": type(error).__name__})
            connection.close()


def _active() -> list[Any]:
    """Return what Celery's parent process has given to its pool."""
    try:
        return [each for each in list(state.active_requests) if each.time_start]
    except RuntimeError:  # the set changed meanwhile, on Celery's own thread; the next sign of life has it
        return []


def join_celery() -> None:
    """Make tasks of all effects, and publish through the project's Celery application unless another was chosen."""
    if waker.publish is None:
        publish_with(app_or_default())


@register("owed")
def hints_have_an_application(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where Celery is installed and this process has no application of the project: its hints would go nowhere."""
    if not isinstance(waker.publish, Publisher) or waker.publish.app.main != "default":
        return []
    hint = "Import your Celery application in the __init__ of your project, or call owed.celery.publish_with(app)."
    return [Warning("No Celery application is known in this process.", hint=hint, id="owed.W003")]


_sweepers: list[Sweeper] = []


class UnknownHints(Step):
    """Answers a hint of an effect that this worker does not know: the row goes back, and one line says so.

    Celery would store a failure, and log a traceback, for what another worker of the deploy does.
    """

    def create(self, parent: Any) -> None:
        refuse = parent.on_unknown_task

        def on_unknown_task(body: Any, message: Any, error: Exception) -> None:
            ids = (message.headers or {}).get(HEADER)
            if not ids:
                refuse(body, message, error)
                return
            message.ack_log_error(logger, parent.connection_errors)
            facts = {"task": message.headers["task"], "effects": message.headers.get("argsrepr", "")}
            logger.warning("effect unknown to this worker; put back", extra=facts)
            for sweeper in _sweepers:
                sweeper.put_back(int(pk) for pk in ids)

        parent.on_unknown_task = on_unknown_task


class LostConnection(Step):
    """Gives no message back over a connection that is gone: the ledger rings again, and the worker lives on.

    kombu 5.7 tries it once more when the Redis transport has let go of its client, with an AttributeError that ends the
    worker (as in celery/kombu#582, then of Gossip alone): when a message is taken while the next one is asked for.
    """

    def create(self, parent: Any) -> None:
        recover = parent.on_connection_error_after_connected

        def on_connection_error_after_connected(error: Exception) -> None:
            for channel in getattr(parent.connection.transport, "channels", None) or ():
                channel.do_restore = False
            recover(error)

        parent.on_connection_error_after_connected = on_connection_error_after_connected


@celeryd_init.connect(weak=False, dispatch_uid="owed.add_steps")
def add_steps(instance: Any, **kwargs: Any) -> None:
    instance.app.steps["consumer"].update({UnknownHints, LostConnection, Listen})


@worker_ready.connect(weak=False, dispatch_uid="owed.start_sweeper")
def start_sweeper(sender: Any = None, **kwargs: Any) -> None:
    queues = sorted(sender.app.amqp.queues.consume_from) if getattr(sender, "app", None) else []
    sweeper = Sweeper(getattr(sender, "hostname", None) or socket.gethostname(), queues)
    _sweepers.append(sweeper)
    sweeper.start()


@worker_shutting_down.connect(weak=False, dispatch_uid="owed.stop_sweeper")
def stop_sweeper(**kwargs: Any) -> None:
    for sweeper in _sweepers:
        sweeper.stop()
    threading.Thread(target=end_if_stuck, name="owed-end", daemon=True).start()


def end_if_stuck() -> None:
    """End the process if it is still there after IDLE seconds in which nothing ran.

    It hangs in a connection to the broker that carries nothing: Celery says goodbye over each, and waits for an answer.
    """
    idle_since = time.monotonic()
    while time.monotonic() - idle_since < IDLE:
        time.sleep(PERIOD)
        if state.active_requests:
            idle_since = time.monotonic()
    logger.warning("the broker does not answer; ended without goodbye")
    logging.shutdown()
    os._exit(0)
