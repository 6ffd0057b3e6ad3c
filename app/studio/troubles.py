"""Which posts need a look: effects that failed for good, emails and shares that failed or may not have arrived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, QuerySet, Value
from django.db.models.functions import Cast

from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Send
from app.social.models import ShareState, SocialPost
from owed.models import Effect, State

MAILS = [SubmissionState.FAILED, SubmissionState.UNKNOWN]
SHARES = [ShareState.FAILED, ShareState.UNKNOWN]
POST = Cast(Func(F("about"), Value("^post:([0-9]{1,18})$"), function="substring"), BigIntegerField())


def troubled(among: Iterable[int] | None = None) -> QuerySet[Any, Any]:
    """Return the ids of posts with troubles, in one statement; of these posts alone, where they are named."""
    effects = Effect.objects.filter(state=State.DEAD)
    sends = Send.objects.filter(Exists(Delivery.objects.filter(send=OuterRef("pk"), state__in=MAILS)))
    shares = SocialPost.objects.connected().filter(state__in=SHARES)
    if among is not None:
        ids = list(among)
        effects = effects.filter(about__in=[f"post:{pk}" for pk in ids])
        sends, shares = sends.filter(post__in=ids), shares.filter(post__in=ids)
    dead = effects.annotate(subject=POST).exclude(subject=None).order_by().values_list("subject")
    return dead.union(sends.order_by().values_list("post_id"), shares.order_by().values_list("post_id"))
