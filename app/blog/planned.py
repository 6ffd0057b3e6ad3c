"""Planned posts that are kept back: the clock publishes the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from app.blog import effects
from app.blog.models import Post
from owed.models import Effect, EffectQuerySet, Pause, State

KEPT_BACK = [State.HELD, State.PAUSED, State.DISCARDED]
_restored_at: list[Callable[[], datetime | None]] = [lambda: None]


def ask_for_restores(ask: Callable[[], datetime | None]) -> None:
    """Let another room say when the database was last restored from a backup."""
    _restored_at.append(ask)


def restored_at() -> datetime | None:
    """Return when this database was last restored from a backup, None where it never was."""
    return _restored_at[-1]()


def publish(post_id: int, now: datetime) -> int:
    """Publish a planned post whose time has come, unless it was missed. Return how many."""
    return Post.objects.filter(pk=post_id).exclude(pk__in=missed(now)).publish_due(now)


def publish_due(now: datetime) -> int:
    """Publish every planned post whose time has come, but for those that are kept back. Return how many."""
    return Post.objects.exclude(pk__in=kept_back(now)).publish_due(now)


def kept_back(now: datetime) -> list[int]:
    """Return the due posts whose publication is held, paused or discarded: the newest of their effects says so.

    Also those that were missed.
    """
    about = {f"post:{pk}": pk for pk in Post.objects.due(now).values_list("pk", flat=True)}
    kept = Effect.objects.filter(Q(state__in=KEPT_BACK) | Q(Pause.objects.stopped(), finished_at=None), pk__in=_newest(about))
    return [about[each] for each in kept.values_list("about", flat=True)] + missed(now)


def missed(now: datetime) -> list[int]:
    """Return the posts whose time came too long ago to be news, and was set before this database was restored from a backup.

    The original may have published them. They stay planned until someone publishes them, or sets another time.
    """
    restored = restored_at()
    if restored is None:
        return []
    late = Post.objects.due(now - settings.ANNOUNCE_WITHIN)
    about = {f"post:{pk}": pk for pk in late.values_list("pk", flat=True)}
    again = Effect.objects.filter(pk__in=_newest(about), created_at__gt=restored).values_list("about", flat=True)
    return [about[each] for each in about.keys() - set(again)]


def _newest(about: dict[str, int]) -> EffectQuerySet:
    owed = Effect.objects.of(effects.publish_scheduled).filter(about__in=about)
    return owed.order_by("about", "-pk").distinct("about").values("pk")  # type: ignore[return-value]
