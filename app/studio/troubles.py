"""Which posts need a look: effects that failed for good, emails and shares that failed or may not have arrived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Send
from app.newsletter.models.subscriber import SubscriberState
from app.studio.shares import undecided_shares
from owed.models import Effect, State

# Of a failed copy there is nothing to decide where its reader is mailed no more, as after a bounce, or the mailing was stopped.
_MAY_FOLLOW = Q(subscriber__state=SubscriberState.CONFIRMED) & ~Q(send__state=Send.State.CANCELLED)
UNDECIDED = Q(state=SubmissionState.UNKNOWN) | Q(state=SubmissionState.FAILED) & _MAY_FOLLOW
"""Emails that failed or may not have arrived, and that a person may send again."""
PAUSED_FOR_REFUSALS = Q(paused_at__isnull=False) & ~Q(paused_for={})
POST = Cast(Func(F("about"), Value("^post:([0-9]{1,18})$"), function="substring"), BigIntegerField())


def troubled(among: Iterable[int] | None = None) -> QuerySet[Any, Any]:
    """Return the ids of posts with troubles, in one statement; of these posts alone, where they are named."""
    effects = Effect.objects.filter(state=State.DEAD)
    sends = Send.objects.filter(PAUSED_FOR_REFUSALS | Exists(Delivery.objects.filter(UNDECIDED, send=OuterRef("pk"))))
    shares = undecided_shares()
    if among is not None:
        ids = list(among)
        effects = effects.filter(about__in=[f"post:{pk}" for pk in ids])
        sends, shares = sends.filter(post__in=ids), shares.filter(post__in=ids)
    dead = effects.annotate(subject=POST).exclude(subject=None).order_by().values_list("subject")
    return dead.union(sends.order_by().values_list("post_id"), shares.order_by().values_list("post_id"))


def undecided_mails(post: Post) -> list[tuple[int, str, int]]:
    """Return how many emails of each mailing of the post need a decision: its number, their state, how many."""
    mails = Delivery.objects.filter(UNDECIDED, send__post=post)
    return list(mails.order_by().values_list("send__round", "state").annotate(number=Count("pk")))
