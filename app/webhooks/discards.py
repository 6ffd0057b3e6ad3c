"""A person discards or cancels what calls an endpoint: the call is closed, and what was to be spread is forgotten."""

from __future__ import annotations

from typing import Any

from app.webhooks import effects
from app.webhooks.models import Call, CallState, Happening
from owed.models import Effect
from owed.signals import effects_discarded


def connect() -> None:
    effects_discarded.connect(close, dispatch_uid="webhooks.close")


def close(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close what no effect will do any more. Called in the transaction that ends the effects."""
    ended = Effect.objects.filter(pk__in=ids)
    spreads, calls = ended.filter(task__in=effects.spread.names), ended.filter(task__in=effects.call.names)
    Happening.objects.filter(pk__in=[each.args["happening_id"] for each in spreads]).delete()
    for call in Call.objects.filter(pk__in=[each.args["call_id"] for each in calls]).order_by("pk"):
        call.settle(CallState.SKIPPED, f"{outcome}: {reason}", tried=False)
