"""The ledger's metrics, read from small tables and partial indexes at each scrape: as cheap with a million finished effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from .. import sql
from ..conf import metrics_prefix
from ..figures import BOUNDS, COUNTS, HISTOGRAMS, Figures, empty, totals
from ..models import Effect, Pause
from ..schedules import Schedule
from ..unknown import unknown
from ..waker import waker

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SAYS = {
    "owed": "Effects that were owed.",
    "done": "Effects that were done.",
    "retried": "Attempts that failed and are tried again.",
    "lost": "Attempts whose worker died or froze.",
    "dead": "Effects that failed for good.",
}
TIMES = {
    "ran": ("duration_seconds", "How long the last attempt of what was done took."),
    "late": ("lateness_seconds", "How long after its time what was done at the first attempt began."),
}

# In one statement: each of Django's own costs this process a millisecond more.
FACTS = """
SELECT (SELECT count(*) FROM effects_unproven),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM effects_heartbeat), 0)::float8,
       (SELECT count(*) FROM effects_schedule WHERE paused_at IS NOT NULL),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - max(until)) FROM effects_rolled_up), 0)::float8,
       clock_timestamp()
"""


class LedgerCollector(Collector):
    """Register it where you collect metrics, or serve render()."""

    def collect(self) -> Iterator[Metric]:
        """Yield what is owed now, what was owed and done since the first roll-up, and who works."""
        prefix = metrics_prefix()
        yield from _backlog(prefix)
        strange = GaugeMetricFamily(f"{prefix}_unknown", "Effects under a name that no running worker knows.", labels=["task"])
        for task, number in unknown().items():
            strange.add_metric([task], number)
        yield strange
        rows = totals()
        yield from _counters(prefix, rows)
        yield from _histograms(prefix, rows)
        for name, (says, value) in _facts().items():
            yield GaugeMetricFamily(f"{prefix}_{name}", says, value=value)


def _backlog(prefix: str) -> Iterator[Metric]:
    says = "Effects not done, by queue and state; owed are all but the dead."
    owed = GaugeMetricFamily(f"{prefix}_effects", says, labels=["queue", "state"])
    age = GaugeMetricFamily(f"{prefix}_oldest_due_seconds", "Age of the oldest due effect.", labels=["queue"])
    for row in Effect.objects.backlog():
        for state in ("owed", "running", "held", "paused", "dead"):
            owed.add_metric([row.queue, state], getattr(row, state))
        age.add_metric([row.queue], row.oldest_due or 0.0)
    yield owed
    yield age
    paused = GaugeMetricFamily(f"{prefix}_paused", "What a person has paused.", labels=["queue", "task"])
    for each in Pause.objects.order_by("pk"):
        paused.add_metric([each.queue, each.task], 1)
    yield paused


def _counters(prefix: str, rows: Iterable[Figures]) -> Iterator[Metric]:
    for name in COUNTS:
        family = CounterMetricFamily(f"{prefix}_effects_{name}", SAYS[name], labels=["task", "queue"])
        for row in rows:
            family.add_metric([row.task, row.queue], getattr(row, name))
        yield family


def _histograms(prefix: str, rows: Iterable[Figures]) -> Iterator[Metric]:
    for name in HISTOGRAMS:
        suffix, says = TIMES[name]
        buckets: dict[str, list[int]] = {}
        sums: dict[str, float] = {}
        for row in rows:
            counts = buckets.get(row.queue, empty())
            buckets[row.queue] = [a + b for a, b in zip(counts, getattr(row, name), strict=True)]
            sums[row.queue] = sums.get(row.queue, 0.0) + getattr(row, f"{name}_sum")
        family = HistogramMetricFamily(f"{prefix}_{suffix}", says, labels=["queue"])
        limits = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        for queue, counts in sorted(buckets.items()):
            family.add_metric([queue], list(zip(limits, accumulate(counts), strict=True)), sums[queue])
        yield family


def _facts() -> dict[str, tuple[str, float]]:
    """Return gauges without labels, with what each says."""
    [(unproven, silent, paused, behind, now)] = sql.rows(FACTS)
    overdue = Schedule.objects.overdue(now).count()
    return {
        "unproven": ("Subjects whose delivery the last check could not prove.", unproven),
        "hints_lost": ("Hints this process could not publish.", waker.lost),
        "worker_silence_seconds": ("Since a worker was last seen; 0 where none ever was.", silent),
        "schedules_overdue": ("Schedules that no scheduler runs.", overdue),
        "schedules_paused": ("Schedules that an operator paused.", paused),
        "figures_age_seconds": ("How far the counters are behind.", behind),
    }


def render(*others: Collector) -> bytes:
    """Return the ledger's metrics, and those of others, in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in (LedgerCollector(), *others):
        registry.register(collector)
    return generate_latest(registry)
