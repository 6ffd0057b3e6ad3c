"""The ledger's gauges, read from the table at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ..conf import metrics_prefix
from ..models import Effect, Pause, Unproven
from ..waker import waker

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class LedgerCollector(Collector):
    """Register it where you collect metrics, or serve render()."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield effects by queue and state, the oldest due age by queue, and this process's lost hints."""
        prefix = metrics_prefix()
        owed = GaugeMetricFamily(
            f"{prefix}_effects", "Effects not done, by queue and state; owed are all but the dead.", labels=["queue", "state"]
        )
        age = GaugeMetricFamily(f"{prefix}_oldest_due_seconds", "Age of the oldest due effect.", labels=["queue"])
        for row in Effect.objects.backlog():
            for state in ("owed", "running", "held", "paused", "dead"):
                owed.add_metric([row.queue, state], getattr(row, state))
            age.add_metric([row.queue], row.oldest_due or 0.0)
        yield owed
        yield age
        paused = GaugeMetricFamily(f"{prefix}_paused", "What a person has paused.", labels=["queue", "task"])
        for each in Pause.objects.all():
            paused.add_metric([each.queue, each.task], 1)
        yield paused
        unproven = "Subjects whose delivery the last check could not prove."
        yield GaugeMetricFamily(f"{prefix}_unproven", unproven, value=Unproven.objects.count())
        yield GaugeMetricFamily(f"{prefix}_hints_lost", "Hints this process could not publish.", value=waker.lost)


def render(*others: Collector) -> bytes:
    """Return the ledger's metrics, and those of others, in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in (LedgerCollector(), *others):
        registry.register(collector)
    return generate_latest(registry)
