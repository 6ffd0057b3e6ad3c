"""Planned posts that a person keeps back: the clock publishes the others."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from app.blog import effects
from app.blog.models import Post
from owed.models import Effect, Pause, State

KEPT_BACK = [State.HELD, State.PAUSED, State.DISCARDED]


def publish_due(now: datetime) -> int:
    """Publish every planned post whose time has come, but for those that a person keeps back. Return how many."""
    return Post.objects.exclude(pk__in=kept_back(now)).publish_due(now)


def kept_back(now: datetime) -> list[int]:
    """Return the due posts whose publication is held, paused or discarded: the newest of their effects says so."""
    about = {f"post:{pk}": pk for pk in Post.objects.due(now).values_list("pk", flat=True)}
    owed = Effect.objects.of(effects.publish_scheduled).filter(about__in=about)
    newest = owed.order_by("about", "-pk").distinct("about").values("pk")
    kept = Effect.objects.filter(Q(state__in=KEPT_BACK) | Q(Pause.objects.stopped(), finished_at=None), pk__in=newest)
    return [about[each] for each in kept.values_list("about", flat=True)]
