"""The ledger runs the signal manager's durable handlers: each is an effect of its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from app.dispatch import durable, signal_manager
from owed import Owed, effect, owe, registry
from owed.claiming import Claimed
from owed.signals import effect_settled

FAILED = {"retry", "dead"}
QUEUE = "upkeep"


class EffectLedger:
    """Durable handlers as effects, by name: which there are shows when they are registered."""

    def adopt(self, name: str, body: Callable[..., Any], **how: Any) -> None:
        def run(**args: Any) -> None:
            body(**args)

        effect(name, queue=QUEUE, **how)(run).runs(run)

    def drop(self, name: str) -> None:
        registry.drop(name)

    def owe(self, name: str, args: Mapping[str, Any], about: str) -> Owed:
        with transaction.atomic():
            return owe(registry.get(name).si(**args), about=about)


@receiver(effect_settled, weak=False, dispatch_uid="tasks.handlers.tell_of_failure")
def tell_of_failure(effect: Claimed, outcome: str, **kwargs: Any) -> None:
    """Let the error handler hear of an attempt that failed, after the attempt's own transaction has gone back."""
    if effect.task.startswith(durable.PREFIX) and outcome in FAILED and (failure := durable.failed.get()):
        # Once for each failure: the variable outlives the attempt, and the next one on this thread may succeed.
        durable.failed.set(None)
        error, payload = failure
        signal_manager.report(effect.task, error, payload, event=f"e{effect.id}")


durable.registered.connect(EffectLedger())
