"""A call whose worker was lost at every attempt: none lived to write down how it ended, so it is noted as its effect dies."""

from __future__ import annotations

from typing import Any

from app.webhooks import effects
from app.webhooks.models import Call, CallState
from owed import clock
from owed.models import Effect
from owed.signals import effects_died

LOST = "No worker lived to see an answer; the endpoint may have had the call."


def connect() -> None:
    effects_died.connect(close, dispatch_uid="webhooks.dead_calls")


def close(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Close what is open still. Called in the transaction in which the effects die."""
    dead = Effect.objects.filter(pk__in=ids, task__in=effects.call.names)
    calls = Call.objects.filter(pk__in=[each.args["call_id"] for each in dead], state=CallState.PENDING)
    calls.update(state=CallState.FAILED, error=LOST, settled_at=clock.now())
