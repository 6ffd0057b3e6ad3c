"""What a publication owes, written once: the switchboard owes it, the delivery audit and the proof of delivery look for it."""

from __future__ import annotations

from typing import Any

from app.blog import effects as blog
from app.feeds import effects as feeds
from app.newsletter import effects as newsletter
from app.pagecache import effects as pages
from app.search import effects as search
from app.social import effects as social
from app.stats import effects as stats
from owed import Declaration, Signature


def always(post_id: int) -> list[Signature]:
    """Return what every publication owes."""
    ranking = stats.rank.si(post_id=post_id).set(countdown=1)
    return [search.refresh.si(post_id=post_id), feeds.follow.si(post_id=post_id), ranking]


def announced(post_id: int) -> list[Signature]:
    """Return what a publication owes besides, unless it is of an imported archive."""
    return [newsletter.announce.si(post_id=post_id), social.share.si(post_id=post_id), pages.purge.si(post_id=post_id)]


def drawn(post_id: int) -> list[Signature]:
    """Return what a publication owes, and what a post shows well without: it is not looked for in posts of earlier releases."""
    return [blog.draw_card.si(post_id=post_id)]


def shown_again(post_id: int) -> list[Signature]:
    """Return what the publication of an old post owes besides, where it was withdrawn: the networks took it away."""
    return [social.share.si(post_id=post_id), pages.purge.si(post_id=post_id)]


CONSEQUENCES: tuple[Declaration[Any], ...] = (newsletter.page, newsletter.deliver, social.deliver, feeds.refresh)
"""What these owe in turn, about the same post."""

ALWAYS = frozenset(each.effect.name for each in always(0))
ANNOUNCED = frozenset(each.effect.name for each in announced(0))


def names(*, consequences: bool = False) -> dict[str, str]:
    """Return the name of each effect of a publication by every name that its rows may have: a renamed one counts as one."""
    effects = [each.effect for each in (*always(0), *announced(0), *drawn(0))] + list(CONSEQUENCES if consequences else ())
    return {name: effect.name for effect in effects for name in effect.names}
