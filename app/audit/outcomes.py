"""What became of mails and posts on other networks in the last minutes, as a metric."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.db.models.functions import Now
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.newsletter.models import Delivery
from app.notices.models import Notice
from app.social.models import SocialPost
from app.webhooks.models import Call

WITHIN = timedelta(minutes=5)
CHANNELS = {
    "newsletter": (Delivery.objects, "finished_at"),
    "notices": (Notice.objects, "finished_at"),
    "social": (SocialPost.objects, "settled_at"),
    "webhooks": (Call.objects, "settled_at"),
}
OUTCOMES = ("sent", "failed", "unknown", "suppressed", "skipped")


class OutcomeCollector(Collector):
    """Counted from the rows themselves, by an index on their end: a gauge, so that a restored database is right at once."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        says = "Mails and posts that came to their end in the last five minutes."
        family = GaugeMetricFamily("afterword_deliveries_recent", says, labels=["channel", "outcome"])
        for channel, (rows, ended) in CHANNELS.items():
            recent = rows.filter(**{f"{ended}__gt": Now() - WITHIN}).order_by()
            counts = dict(recent.values_list("state").annotate(Count("pk")))
            for outcome in sorted({*OUTCOMES, *counts}):
                family.add_metric([channel, outcome], counts.get(outcome, 0))
        yield family
