"""A person discards or cancels a notice's mail: the notice is closed with the reason, so that it does not stay pending."""

from __future__ import annotations

from typing import Any

from app.mail.submission import OPEN
from app.notices import effects
from app.notices.models import Notice
from owed.models import Effect
from owed.signals import effects_discarded


def connect() -> None:
    effects_discarded.connect(close_notices, dispatch_uid="notices.close_notices")


def close_notices(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close what no effect will send any more. Called in the transaction that ends the effects."""
    ended = Effect.objects.filter(pk__in=ids, task__in=effects.notice.names)
    mine = {each.args["notice_id"] for each in ended}
    for notice in Notice.objects.filter(pk__in=mine, state__in=OPEN).order_by("pk"):
        notice.give_up(f"{outcome}: {reason}")
