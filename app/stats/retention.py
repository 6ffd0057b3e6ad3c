"""How long what readers did is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.stats.days import day_of
from app.stats.models import Activity, View
from app.stats.visitors import forget_salts

VIEWS = timedelta(days=30)
ACTIVITY = timedelta(days=365)
CHUNK = 5000


def forget(now: datetime) -> int:
    """Remove counted views, activity and salts that are older than their time. Return how many rows went."""
    forget_salts(day_of(now))
    return _remove(View, "seen_at", now - VIEWS) + _remove(Activity, "created_at", now - ACTIVITY)


def _remove(model: type[View] | type[Activity], field: str, before: datetime) -> int:
    removed = 0
    while old := list(model.objects.filter(**{f"{field}__lt": before}).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        removed += model.objects.filter(pk__in=old).delete()[0]
    return removed
