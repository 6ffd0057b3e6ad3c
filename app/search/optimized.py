"""The tutorial's OptimizedSignalHandler: its names over the ledger, so that nothing pending is lost with a process."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import transaction

from app.search import effects
from owed import owe
from owed.models import Effect, EffectQuerySet, State
from owed.running import run


class OptimizedSignalHandler:
    """Index many changed posts at once. Workers do it within a second of the change; this shows, and may hurry, them."""

    _held: list[OptimizedSignalHandler] = []  # noqa: RUF012 - signals keep a receiver's object weakly

    def __init__(self, batch_size: int | None = None) -> None:
        self.batch_size = batch_size or effects.refresh.batch
        self._held.append(self)

    @property
    def pending_updates(self) -> list[int]:
        """The ids of the posts whose documents are owed, in whatever process they were changed."""
        return sorted(set(_backlog().values_list("args__post_id", flat=True)))

    def batch_update_search_index(self, sender: Any, instance: Any = None, **kwargs: Any) -> None:
        """Owe the post's document, in the transaction of the change. A receiver for post_save and for our own signals."""
        post = instance if instance is not None else kwargs["post"]
        with transaction.atomic():
            owe(effects.refresh.si(post_id=post.pk), about=post)

    def _process_batch(self) -> list[int]:
        """Index up to `batch_size` pending posts here and now; return what remains. What fails stays pending."""
        ids = list(_backlog().filter(attempt=0).order_by("pk").values_list("pk", flat=True)[: self.batch_size])
        _backlog().filter(pk__in=ids, state=State.WAITING, attempt=0).update(state=State.READY)
        run(effects.refresh, ids, uuid4())
        return self.pending_updates


def _backlog() -> EffectQuerySet:
    backlog: EffectQuerySet = Effect.objects.of(effects.refresh).pending()
    return backlog


optimized_handler = OptimizedSignalHandler()
