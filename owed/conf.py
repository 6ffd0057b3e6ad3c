"""The settings of the package, each with its default."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def retention() -> timedelta:
    """OWED_RETENTION: how long done effects stay in the ledger; 14 days."""
    age: timedelta = getattr(settings, "OWED_RETENTION", timedelta(days=14))
    return age


def ring_after() -> float:
    """OWED_RING_AFTER: seconds after which a hint that nothing followed counts as lost; 15."""
    return float(getattr(settings, "OWED_RING_AFTER", 15))


def metrics_prefix() -> str:
    """OWED_METRICS_PREFIX: how the names of the metrics begin; "owed"."""
    return str(getattr(settings, "OWED_METRICS_PREFIX", "owed"))


def keeps_all_results() -> bool:
    """OWED_CELERY_RESULTS: "failures", or "all" for a result in Celery's backend of each hint that did something."""
    return bool(getattr(settings, "OWED_CELERY_RESULTS", "failures") == "all")


def lease_margin() -> float:
    """OWED_LEASE_MARGIN: seconds from an effect's timeout to the end of its lease; 10."""
    return float(getattr(settings, "OWED_LEASE_MARGIN", 10))
