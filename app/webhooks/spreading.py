"""What happened becomes calls: one for each endpoint that chose it and may know it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.social.models import Account
from app.webhooks import effects
from app.webhooks.events import EVENTS
from app.webhooks.events.base import MOST, Event
from app.webhooks.models import Call, Happening
from owed import gather, owe


@dataclass
class _Part:
    """What one call says: subjects of one event with the same facts."""

    event: str
    facts: dict[str, Any]
    at: datetime
    subjects: list[int] = field(default_factory=list)

    def takes(self, each: Happening, number: int) -> bool:
        same = (self.event, self.facts) == (each.event, each.facts)
        return same and EVENTS[each.event].gathers and len(self.subjects) + number <= MOST


@transaction.atomic
def spread(happening_ids: Sequence[int]) -> int:
    """Make and owe the calls. Safe to do twice: what was spread is gone. Return how many calls are owed."""
    # What a release that is newer than this worker has noted stays, and its effect fails until a worker knows the event.
    happened = list(Happening.objects.select_for_update().filter(pk__in=happening_ids).order_by("pk"))
    calls = [call for account in _accounts(happened) for call in _calls(account, happened)]
    with gather():
        for call in Call.objects.bulk_create(calls):
            owe(effects.call.si(account_id=call.account_id, call_id=call.pk), about=f"account:{call.account_id}")
    Happening.objects.filter(pk__in=[each.pk for each in happened]).delete()
    return len(calls)


def _accounts(happened: Sequence[Happening]) -> list[Account]:
    wanted = {pk for each in happened for pk in each.accounts}
    return list(Account.objects.active().select_related("owner").filter(pk__in=wanted).order_by("pk"))


def _calls(account: Account, happened: Sequence[Happening]) -> Iterator[Call]:
    mine = [each for each in happened if account.pk in each.accounts and each.event in account.events]
    for part in _parts(account.owner, mine):
        yield Call(account=account, event=part.event, subjects=part.subjects, facts=part.facts, at=part.at)


def _parts(owner: User | None, happened: Sequence[Happening]) -> list[_Part]:
    parts: list[_Part] = []
    for each in happened:
        subjects = [pk for pk in each.subjects if may_know(owner, EVENTS[each.event], pk)]
        if not subjects:
            continue
        if not (parts and parts[-1].takes(each, len(subjects))):
            parts.append(_Part(event=each.event, facts=each.facts, at=each.at))
        parts[-1].subjects += subjects
    return parts


def may_know(owner: User | None, event: Event, subject: int) -> bool:
    """Return whether an endpoint of this person may be called about it; the site's own endpoints may always."""
    return owner is None or (event.is_open_to(owner) and event.concerns(owner, subject))
