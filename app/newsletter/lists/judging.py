"""What becomes of each record of a mailing list: added, asked, known already, or kept out, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from app.newsletter.lists.columns import Reader, read
from app.newsletter.lists.records import Record
from app.newsletter.models import ErasedAddress, ListImport, Subscriber
from app.newsletter.models.list_import import Outcome
from app.newsletter.models.subscriber import SubscriberState

NEW = {
    SubscriberState.PENDING: Outcome.WAITING,
    SubscriberState.UNSUBSCRIBED: Outcome.LEFT,
    SubscriberState.BOUNCED: Outcome.BOUNCED,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of one record."""

    record: Record
    reader: Reader
    outcome: Outcome
    reason: str = ""
    subscriber_id: int | None = None


def judged(run: ListImport, chunk: Sequence[Record], *, now: datetime, seen: set[str] | None = None) -> list[Verdict]:
    """Say what becomes of each record. Three queries. `seen` collects the addresses that a check would have added."""
    read_as = [(record, _reader(run, record, now)) for record in chunk]
    emails = {reader.email.lower() for _record, reader in read_as if reader.email}
    here: dict[str, tuple[int, str, int | None]] = {
        lowered: (pk, state, came_with)
        for lowered, pk, state, came_with in Subscriber.objects.annotate(lowered=Lower("email"))
        .filter(lowered__in=emails)
        .values_list("lowered", "pk", "state", "came_with")
    }
    erased = ErasedAddress.objects.among(emails)
    added = set() if seen is None else seen
    return [_verdict(run, record, reader, here, erased, added) for record, reader in read_as]


def _verdict(
    run: ListImport,
    record: Record,
    reader: Reader,
    here: dict[str, tuple[int, str, int | None]],
    erased: set[str],
    added: set[str],
) -> Verdict:
    key = reader.email.lower()
    note = "encoding" if record.is_guessed else reader.note
    if reader.problem:
        return Verdict(record=record, reader=reader, outcome=Outcome.UNREADABLE, reason=reader.problem)
    if key in added:
        return Verdict(record=record, reader=reader, outcome=Outcome.REPEATED)
    if key in erased and key not in here:
        return Verdict(record=record, reader=reader, outcome=Outcome.KEPT_OUT, reason="erased")
    if key not in here:
        added.add(key)
        new = NEW.get(reader.state, Outcome.ASKED if run.ask else Outcome.ADDED)
        if new == Outcome.WAITING and run.ask:
            new = Outcome.ASKED
        return Verdict(record=record, reader=reader, outcome=new, reason=note)
    pk, state, came_with = here[key]
    if came_with == run.pk:
        return Verdict(record=record, reader=reader, outcome=Outcome.REPEATED, subscriber_id=pk)
    if state in {SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED}:
        return Verdict(record=record, reader=reader, outcome=Outcome.KEPT_OUT, reason=state, subscriber_id=pk)
    is_gone = reader.state in {SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED}
    why = "left_there" if is_gone else state
    return Verdict(record=record, reader=reader, outcome=Outcome.KNOWN, reason=why, subscriber_id=pk)


def _reader(run: ListImport, record: Record, now: datetime) -> Reader:
    return Reader(problem=record.problem) if record.problem else read(record.cells, run.mapping, now=now)
