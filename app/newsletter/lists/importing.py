"""What workers do for an import of a mailing list: check it, then add its readers, a part at a time.

Each chunk is one transaction with the count of the records that it took, so that a worker that is killed repeats nothing.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, cast

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from app.newsletter import effects
from app.newsletter.lists.columns import Reader, format_of, guessed, is_header
from app.newsletter.lists.judging import Verdict, judged
from app.newsletter.lists.records import Record, delimiter_of, records
from app.newsletter.models import Confirmation, ListImport, ListLine, Subscriber
from app.newsletter.models.list_import import ListState, Outcome, uploads
from app.newsletter.models.subscriber import SOURCE_IMPORT, TAGS, SubscriberState
from app.newsletter.signals import subscribers_confirmed
from owed import clock, gather, owe

CHUNK = 1000
A_PART = 60.0
"""Seconds after which a part owes the next."""
MOST_COLUMNS, LONGEST_NAME = 200, 100
KEEP_UPLOADS, KEEP_LINES = timedelta(days=7), timedelta(days=90)


def look(run: ListImport) -> None:
    """Note the columns of a new upload, and guess what they are."""
    with closing(_opened(run)) as file:
        run.delimiter = delimiter_of(file)
        first = next(records(file, run.delimiter), Record(line=1))
    cells = [cell[:LONGEST_NAME] for cell in first.cells[:MOST_COLUMNS]]
    run.has_header = is_header(cells)
    run.columns = cells if run.has_header else [str(number) for number, _cell in enumerate(cells, 1)]
    run.format = format_of(run.columns)
    run.mapping = guessed(run.columns) if run.has_header else ["email" if "@" in cell else "" for cell in cells]
    run.save(update_fields=["delimiter", "has_header", "columns", "format", "mapping"])


def samples(run: ListImport, number: int = 3) -> list[list[str]]:
    """Return the first cells of each column."""
    if not run.file:
        return [[] for _column in run.columns]
    with closing(_opened(run)) as file:
        rows = [record.cells for record in islice(_records(run, file), number)]
    return [[row[place] for row in rows if place < len(row) and row[place]] for place in range(len(run.columns))]


def check(list_id: int, *, now: datetime) -> None:
    """Count what an import would do, with a report by line. Safe to do twice."""
    run = _at(list_id, ListState.CHECKING)
    if run is None:
        return
    run.lines.all().delete()
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    with closing(_opened(run)) as file:
        for chunk in _chunks(_records(run, file)):
            verdicts = judged(run, chunk, now=now, seen=seen)
            counts.update(each.outcome for each in verdicts)
            _report(run, verdicts)
            ListImport.objects.filter(pk=run.pk).update(done=counts.total(), updated_at=timezone.now())
    ListImport.objects.filter(pk=run.pk).update(total=counts.total(), counts=dict(counts))
    if counts.total():
        run.finish(ListState.CHECKED)
    else:
        run.finish(ListState.FAILED, error=_("The file has no lines below its header."))
        run.forget_file()


def go_on(list_id: int, *, now: datetime, seconds: float = A_PART) -> None:
    """Add the next readers, for so many seconds, and owe the rest. Safe to do twice: it goes on behind what is done."""
    run = _at(list_id, ListState.IMPORTING)
    if run is None:
        return
    until = time.monotonic() + seconds
    with closing(_opened(run)) as file:
        for chunk in _chunks(islice(_records(run, file), run.done, None)):
            if not _take(run, chunk, now=now):
                return
            if time.monotonic() > until:
                with transaction.atomic():
                    run.owe_work()
                return
    run.finish(ListState.DONE)
    run.forget_file()


def whole(path: Path, *, consent: str, ask: bool, is_preview: bool) -> ListImport:
    """Do all of it at once, for a command. Raises NotStored, NoAddressColumn."""
    with path.open("rb") as file:
        run = ListImport.objects.upload(File(file, path.name), by=None)
    look(run)
    run.choose(run.mapping, consent=consent, ask=ask)
    check(run.pk, now=clock.now())
    run.refresh_from_db()
    if run.state != ListState.CHECKED:
        return run
    if is_preview:
        run.forget_file()
        return run
    run.begin()
    go_on(run.pk, now=clock.now(), seconds=math.inf)
    run.refresh_from_db()
    return run


def clear(now: datetime) -> None:
    """Delete uploads that no one has imported for a week, and reports by line after three months."""
    for run in ListImport.objects.exclude(file="").filter(updated_at__lt=now - KEEP_UPLOADS):
        run.forget_file()
    for run in ListImport.objects.filter(updated_at__lt=now - KEEP_LINES, lines__isnull=False).distinct():
        run.lines.all().delete()


@transaction.atomic
def _take(run: ListImport, chunk: Sequence[Record], *, now: datetime) -> bool:
    """Add the readers of one chunk. Return false where another worker has the import."""
    mine = ListImport.objects.select_for_update().filter(pk=run.pk, state=ListState.IMPORTING, done=run.done).first()
    if mine is None:
        return False
    verdicts = judged(run, chunk, now=now)
    verdicts = _insert(run, verdicts, now)
    _complete(verdicts)
    _report(run, verdicts)
    counts = Counter(mine.counts)
    counts.update(each.outcome for each in verdicts)
    mine.counts, mine.done, mine.updated_at = dict(counts), mine.done + len(chunk), timezone.now()
    mine.save(update_fields=["counts", "done", "updated_at"])
    run.done = mine.done
    return True


def _insert(run: ListImport, verdicts: list[Verdict], now: datetime) -> list[Verdict]:
    """Insert the new ones. Return the verdicts, with another for one who subscribed at this moment."""
    new = {id(each): _subscriber(run, each.reader, now) for each in verdicts if each.outcome in _ADDING}
    Subscriber.objects.bulk_create(new.values(), ignore_conflicts=True)
    tokens = [each.token for each in new.values()]
    here = dict(Subscriber.objects.filter(token__in=tokens).values_list("token", "pk"))
    settled = []
    for each in verdicts:
        token = new[id(each)].token if id(each) in new else ""
        facts = {**vars(each)}
        if token in here:
            facts["subscriber_id"] = here[token]
        elif token:
            facts |= {"outcome": Outcome.KNOWN, "reason": SubscriberState.PENDING}
        settled.append(Verdict(**facts))
    if confirmed := [here[each.token] for each in new.values() if each.token in here and each.is_confirmed]:
        subscribers_confirmed.send(sender=Subscriber, subscriber_ids=sorted(confirmed))
    _ask([each.subscriber_id for each in settled if each.outcome == Outcome.ASKED and each.subscriber_id])
    return settled


_ADDING = {Outcome.ADDED, Outcome.ASKED, Outcome.WAITING, Outcome.LEFT, Outcome.BOUNCED}


def _subscriber(run: ListImport, reader: Reader, now: datetime) -> Subscriber:
    is_asked = run.ask and reader.state in {SubscriberState.CONFIRMED, SubscriberState.PENDING}
    state = SubscriberState.PENDING if is_asked else reader.state
    joined = reader.joined or now
    return Subscriber(
        email=reader.email,
        name=reader.name,
        state=state,
        tags=list(reader.tags),
        frequency=reader.frequency,
        time_zone=reader.time_zone,
        source=SOURCE_IMPORT,
        came_with=run,
        added_by_id=run.user_id,
        consent_text=run.consent,
        consented_at=reader.confirmed or joined,
        confirmed_at=(reader.confirmed or joined) if state == SubscriberState.CONFIRMED else reader.confirmed,
        unsubscribed_at=(reader.left or now) if state == SubscriberState.UNSUBSCRIBED else None,
        created_at=joined,
    )


def _ask(subscriber_ids: list[int]) -> None:
    """Owe each the question whether it was meant."""
    made = Confirmation.objects.bulk_create(Confirmation(subscriber_id=pk) for pk in subscriber_ids)
    with gather():
        for each in made:
            owe(effects.confirm.si(confirmation_id=each.pk), about=f"subscriber:{each.subscriber_id}")


def _complete(verdicts: Sequence[Verdict]) -> None:
    """Give those who are here already the name and the tags that they lack. Nothing else of them changes."""
    brought = {each.subscriber_id: each.reader for each in verdicts if each.outcome == Outcome.KNOWN and each.subscriber_id}
    changed = []
    for subscriber in Subscriber.objects.select_for_update(no_key=True).filter(pk__in=brought).order_by("pk"):
        reader = brought[subscriber.pk]
        before = (subscriber.name, list(subscriber.tags))
        subscriber.name = subscriber.name or reader.name
        subscriber.tags = list(dict.fromkeys([*subscriber.tags, *reader.tags]))[:TAGS]
        if (subscriber.name, subscriber.tags) != before:
            changed.append(subscriber)
    Subscriber.objects.bulk_update(changed, ["name", "tags"])


def _report(run: ListImport, verdicts: Sequence[Verdict]) -> None:
    ListLine.objects.bulk_create(
        ListLine(
            run=run,
            line=each.record.line,
            outcome=each.outcome,
            reason=each.reason,
            text=each.record.text.strip() if each.outcome == Outcome.UNREADABLE else "",
            subscriber_id=each.subscriber_id,
        )
        for each in verdicts
        if each.reason or each.outcome not in _ADDING
    )


def _records(run: ListImport, file: IO[bytes]) -> Iterator[Record]:
    return islice(records(file, run.delimiter), 1 if run.has_header else 0, None)


def _chunks(found: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _opened(run: ListImport) -> IO[bytes]:
    return cast("IO[bytes]", uploads().open(run.file))


def _at(list_id: int, state: ListState) -> ListImport | None:
    return ListImport.objects.filter(pk=list_id, state=state).exclude(file="").first()
