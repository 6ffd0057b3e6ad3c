"""The ledger runs the signal manager's durable handlers: each is an effect of its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from app.dispatch import durable, signal_manager
from owed import Owed, record, registry
from owed.celery import effect
from owed.claiming import Claimed
from owed.signals import effect_settled

FAILED = {"retry", "dead"}


class EffectLedger:
    """Durable handlers as effects. Celery keeps a task for good; what it runs is the registry's to say."""

    def __init__(self) -> None:
        self._tasks: set[str] = set()

    def adopt(self, name: str, body: Callable[..., Any], **how: Any) -> None:
        def run(**args: Any) -> None:
            body(**args)

        if name in self._tasks:
            registry.register(registry.Spec(name=name, function=run, **how))
        else:
            self._tasks.add(name)
            effect(name, **how)(run)

    def drop(self, name: str) -> None:
        registry.drop(name)

    def owe(self, name: str, args: Mapping[str, Any], about: str) -> Owed:
        with transaction.atomic():
            owed = record(name, about=about, **args)
            transaction.on_commit(owed.enqueue, robust=True)
        return owed


@receiver(effect_settled, weak=False, dispatch_uid="tasks.handlers.tell_of_failure")
def tell_of_failure(effect: Claimed, outcome: str, **kwargs: Any) -> None:
    """Let the error handler hear of an attempt that failed, after the attempt's own transaction has gone back."""
    if effect.task.startswith(durable.PREFIX) and outcome in FAILED and (failure := durable.failed.get()):
        durable.failed.set(None)
        error, payload = failure
        signal_manager.tell(effect.task, error, payload, event=f"e{effect.id}")


durable.registered.connect(EffectLedger())
