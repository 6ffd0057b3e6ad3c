"""A mailing list as CSV, for spreadsheets and other systems; this one reads it, too."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from app.newsletter.models import Delivery, ListImport, Subscriber
from app.newsletter.models.list_import import Outcome
from app.newsletter.subscriber_list import Filters

PAGE = 1000
COLUMNS = (
    "email", "name", "state", "source", "tags", "created_at", "consented_at", "consent_text", "confirmed_at", "unsubscribed_at",
    "frequency", "time_zone",
)  # fmt: skip
CALCULATED = ("=", "+", "-", "@", "\t", "\r")


def subscribers_csv(filters: Filters) -> Iterator[str]:
    """Yield lines of what a filter shows, a page of rows at a time: the memory of one page is enough."""
    yield from _lines([COLUMNS])
    last, found = 0, filters.found().order_by("pk")
    while rows := list(found.filter(pk__gt=last)[:PAGE]):
        yield from _lines(_cells(row) for row in rows)
        last = rows[-1].pk


def report_csv(run: ListImport) -> Iterator[str]:
    """Yield the lines of an import of which there is more to say than that they were added."""
    yield from _lines([("line", "outcome", "reason", "text")])
    last, found = 0, run.lines.select_related("subscriber").order_by("pk")
    while rows := list(found.filter(pk__gt=last)[:PAGE]):
        yield from _lines(
            (each.line, Outcome(each.outcome).value, each.reason, each.subscriber.email if each.subscriber else each.text)
            for each in rows
        )
        last = rows[-1].pk


def deliveries_csv(found: QuerySet[Delivery]) -> Iterator[str]:
    """Yield what became of each copy of a mailing. The row of an erased subscriber has no address."""
    yield from _lines([("email", "name", "state", "attempts", "finished_at", "error")])
    last, found = 0, found.select_related("digest", "subscriber").order_by("pk")
    while rows := list(found.filter(pk__gt=last)[:PAGE]):
        yield from _lines(map(_copy, rows))
        last = rows[-1].pk


def _copy(each: Delivery) -> list[str]:
    reader, state = each.subscriber, f"{each.state}: {each.digest.state}" if each.digest else each.state
    values = (reader and reader.email, reader and reader.name, state, str(each.attempts), each.finished_at, each.error)
    return [_cell(value) for value in values]


def _cells(subscriber: Subscriber) -> list[Any]:
    values = [getattr(subscriber, name) for name in COLUMNS]
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(f'"{each}"' if set(each) & {",", ";"} else each for each in value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([_harmless(str(cell)) for cell in row])


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet calculates (CWE-1236)."""
    return f"'{cell}" if cell.startswith(CALCULATED) else cell


class _Echo:
    """What a writer needs of a file: it gives back each line."""

    def write(self, line: str) -> str:
        return line
