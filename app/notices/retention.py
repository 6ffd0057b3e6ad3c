"""How long notices are kept. Those that must never be sent again stay with the account."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from app.mail.submission import OPEN
from app.notices import kinds
from app.notices.models import Notice
from owed import clock

CHUNK = 1000


def forget_notices(age: timedelta, *, chunk: int = CHUNK) -> int:
    """Remove notices that were sent or closed so long ago, and return how many. What waits stays, whatever its age."""
    removed = 0
    while old := list(_old(age).values_list("pk", flat=True)[:chunk]):
        # By the ORM: the others of a digest lose their leader, which the database alone would refuse.
        removed += _old(age).filter(pk__in=old).delete()[1].get("notices.Notice", 0)
    return removed


def _old(age: timedelta) -> QuerySet[Notice]:
    lasting = [name for name, kind in kinds.KINDS.items() if kind.once_for_good]
    closed = Notice.objects.exclude(state__in=OPEN).exclude(kind__in=lasting)
    return closed.alias(closed_at=Coalesce("finished_at", "created_at")).filter(closed_at__lt=clock.now() - age).order_by("pk")
