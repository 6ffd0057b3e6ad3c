"""Sets of effects, and what is owed when all of a set are settled: done, dead or discarded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class EffectSetQuerySet(models.QuerySet["EffectSet"]):
    def open(self) -> EffectSetQuerySet:
        """Return the sets of which some effects are not settled."""
        return self.filter(owed_at=None)


class EffectSet(models.Model):
    """Some effects that were owed together, and the call that is owed when all of them are settled."""

    id = models.BigIntegerField(primary_key=True)
    """The id that the effect has which follows: it is known while the set is open."""
    size = models.PositiveIntegerField()
    outstanding = models.PositiveIntegerField()
    about = models.CharField(max_length=100, blank=True)
    call = models.JSONField()
    """What follows, as a row of the ledger is written."""
    created_at = models.DateTimeField()
    owed_at = models.DateTimeField(null=True)
    """When the last was settled, and what follows was owed."""

    objects: ClassVar[models.Manager[EffectSet]] = EffectSetQuerySet.as_manager()

    class Meta:
        db_table = "effects_set"
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="set_open", condition=Q(owed_at=None)),
            models.Index(fields=["owed_at"], name="set_complete", condition=Q(owed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.task} e{self.pk} waits for {self.outstanding} of {self.size}"

    @property
    def task(self) -> str:
        return str(self.call["task"])

    @property
    def queue(self) -> str:
        return str(self.call["queue"])

    @property
    def is_open(self) -> bool:
        return self.owed_at is None
