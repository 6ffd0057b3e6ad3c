"""What handlers of signals raised in this process, as a counter."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from app.dispatch.manager import SignalManager


class FailureCollector(Collector):
    """The failures that one manager counted."""

    def __init__(self, manager: SignalManager) -> None:
        self.manager = manager

    def collect(self) -> Iterator[CounterMetricFamily]:
        description = "What handlers of signals raised in this process."
        failures = CounterMetricFamily("afterword_handler_failures", description, labels=["signal", "handler"])
        for (signal, handler), count in sorted(self.manager.failures.items()):
            failures.add_metric([signal, handler], count)
        yield failures
