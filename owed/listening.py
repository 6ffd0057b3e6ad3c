"""Whether this worker hears its broker: a connection may stay open and carry nothing, and a process may hang in one.

A worker that has not heard its broker for LIMIT seconds, while the broker answers others, is deaf: it neither sweeps nor says
that it lives, so that other workers do its part and a health check restarts it. Where the broker answers no one, no worker is.
"""

from __future__ import annotations

import time
from typing import Any

from celery.bootsteps import StartStopStep

from .broker import check

LIMIT = 30.0
TICK = 1.0


class Listening:
    """When this process last heard its broker; nothing is known of it where no one listens by an event loop."""

    def __init__(self) -> None:
        self.heard_at: float | None = None

    def heard(self) -> None:
        self.heard_at = time.monotonic()

    def silence(self) -> float:
        """Return seconds since the broker was heard, 0 where that is not known."""
        return 0.0 if self.heard_at is None else time.monotonic() - self.heard_at

    def is_deaf(self) -> bool:
        """Ask over a new connection, if it was quiet for long."""
        return self.silence() > LIMIT and not check.complaint()


listening = Listening()


class Listen(StartStopStep):
    """Looks, once a second, whether the broker has answered on the connection over which this worker takes hints."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        self.timer: Any = None
        self.pulse: object = None
        super().__init__(parent, **kwargs)

    def include_if(self, parent: Any) -> bool:
        # A solo pool runs tasks on the thread that listens; without an event loop there is nothing to look from.
        return parent.hub is not None and not type(parent.pool).__module__.endswith(".solo")

    def start(self, parent: Any) -> None:
        listening.heard()
        self.timer = parent.hub.call_repeatedly(TICK, self._look, parent)

    def stop(self, parent: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def _look(self, parent: Any) -> None:
        channel = parent.task_consumer.channel
        pulse = _pulse(channel)
        if pulse is None or pulse != self.pulse or not _asks(channel):
            listening.heard()
        self.pulse = pulse


def _pulse(channel: Any) -> object:
    """Return what changes whenever the broker answers: Redis' are asked each second, RabbitMQ sends heartbeats."""
    return getattr(channel, "_brpop_sent_at", None) or getattr(channel.connection, "bytes_recv", None)


def _asks(channel: Any) -> bool:
    """Return whether it asks for more: one that holds all that it may take does not."""
    qos = getattr(channel, "qos", None)
    return qos is None or bool(qos.can_consume())
