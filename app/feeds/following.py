"""The feeds follow the posts: today's at once, those of an archive at a pace that leaves the workers free."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from app.blog.models import Post
from app.blog.placement import placements_of
from app.feeds import effects
from app.feeds.models import Document
from app.feeds.subjects import SITE
from owed import clock, gather, owe
from owed.models import Effect
from owed.sql import hold

PACE = 10.0
"""Feeds per second that catch up with old posts: an import owes hundreds, and a publication must not wait behind them."""

QUEUE = "feeds:queue"
"""The lock for joining the queue of old posts' feeds: one at a time, so that each sees what is queued before it."""

Scopes = dict[str, str]
"""Each scope with what its refresh is about, such as `post:1`."""


ABOUT = "site:1"
"""What the refreshes are about where they follow from no post."""


def follow(post_ids: Iterable[int]) -> None:
    """Owe a refresh of each feed that shows these posts now, once for each feed."""
    placements = placements_of(post_ids)
    old = _old(placements)
    now, later = Scopes(), Scopes()
    for pk, placement in placements.items():
        (later if pk in old else now).update(dict.fromkeys(placement.feeds(), f"post:{pk}"))
    with gather():
        for scope in sorted(now):
            owe(effects.refresh.si(scope=scope), about=now[scope])
        _catch_up({scope: about for scope, about in later.items() if scope not in now})


def rename() -> None:
    """Owe a refresh of every feed that was built, the site's own first, the others at a pace."""
    scopes = Document.objects.order_by("scope").values_list("scope", flat=True).distinct()
    with transaction.atomic():
        _catch_up(dict.fromkeys(scopes, ABOUT))


def _old(post_ids: Iterable[int]) -> set[int]:
    """Return those that are not news any more."""
    old = Post.objects.filter(pk__in=list(post_ids), published_at__lte=clock.now() - settings.ANNOUNCE_WITHIN)
    return set(old.values_list("pk", flat=True))


def _catch_up(owed: Scopes) -> None:
    """Owe these behind those that wait already, and the site's own feed at once.

    A refresh that has not begun will read these posts too, as they were committed before this looks for it: no second one
    is owed.
    """
    if not owed:
        return
    hold(QUEUE)
    waiting = set(Effect.objects.untried(effects.refresh).values_list("args__scope", flat=True))
    missing = sorted(owed.keys() - waiting, key=lambda scope: (scope != SITE, scope))
    for position, scope in enumerate(missing, start=len(waiting)):
        countdown = 0.0 if scope == SITE else 1 + position / PACE
        owe(effects.refresh.si(scope=scope).set(countdown=countdown), about=owed[scope])
