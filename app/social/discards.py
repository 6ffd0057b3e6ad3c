"""A person discards or cancels what shares a post: its row is closed, unless something else is owed to the account."""

from __future__ import annotations

from typing import Any

from app.social import effects
from app.social.models import SocialPost
from owed.models import Effect
from owed.signals import effects_discarded


def connect() -> None:
    effects_discarded.connect(close_posts, dispatch_uid="social.close_posts")


def close_posts(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close what no effect will share any more. Called in the transaction that ends the effects.

    What the network shows, or showed before an attempt failed, keeps its state: that is still true.
    """
    ours = Effect.objects.filter(task__in=effects.deliver.names)
    ended = {each.args["social_post_id"] for each in ours.filter(pk__in=ids)}
    owed_still = set(ours.pending().filter(key__in=map(str, ended)).values_list("key", flat=True))
    for row in SocialPost.objects.filter(pk__in=[pk for pk in ended if str(pk) not in owed_still]).order_by("pk"):
        row.close(f"{outcome}: {reason}")
