"""The posts on other networks, each with what its effects say of it: owed still, put aside, discarded, dead."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from app.social import effects
from app.social.models import ShareState, SocialPost
from app.studio.effect_list import RETRIED
from app.studio.standings import FAILED, FINE, PAUSED, TRIED_AGAIN, UNDER_WAY
from owed.models import PARKED, Effect, State

UNSETTLED = (ShareState.PENDING, ShareState.SUBMITTING, ShareState.FAILED, ShareState.UNKNOWN)
_OF_SHARE = Effect.objects.filter(
    about=Concat(Value("post:"), Cast(OuterRef("post_id"), CharField())),
    task__in=effects.deliver.names,
    key=Cast(OuterRef("pk"), CharField()),
).order_by()
_IS = {
    "is_owed": Exists(_OF_SHARE.pending()),
    "is_parked": Exists(_OF_SHARE.filter(state__in=PARKED)),
    "is_retried": Exists(_OF_SHARE.filter(RETRIED)),
    "is_dead": Exists(_OF_SHARE.filter(state=State.DEAD)),
    "is_discarded": Exists(_OF_SHARE.filter(state=State.DISCARDED)),
}


def shares() -> QuerySet[Any, Any]:
    """Return all posts on networks, with what their effects say."""
    return SocialPost.objects.annotate(**_IS)


def undecided_shares() -> QuerySet[Any, Any]:
    """Return what did not reach a network, or may not have, while nothing is owed and no person decided to leave it."""
    return shares().filter(state__in=UNSETTLED, account__removed_at=None, is_owed=False, is_discarded=False)


def standing_of(share: Any) -> int:
    """Return how one post on a network is. It needs a look where undecided_shares() has it, or an effect is dead."""
    if share.is_owed and not share.is_dead:
        if share.is_parked:
            return PAUSED
        has_failed = share.is_retried or share.state in (ShareState.FAILED, ShareState.UNKNOWN)
        return TRIED_AGAIN if has_failed else UNDER_WAY
    is_left = share.account.removed_at or share.is_discarded or share.state not in UNSETTLED
    return FINE if is_left and not share.is_dead else FAILED
