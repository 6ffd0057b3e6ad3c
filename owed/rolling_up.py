"""Count the minutes that are over into the figures, from the rows that were owed, tried and finished in them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from . import clock, sql
from .figures import BOUNDS as BUCKETS
from .figures import COUNTS, HISTOGRAMS, Figures, RolledUp, Span, forget_old

LOCK = "owed.roll_up"
SETTLED = timedelta(seconds=5)
"""After which a minute is counted: what finished in it is committed by then, but for a transaction that hangs."""
CHUNK = timedelta(minutes=10)
FURTHEST = timedelta(days=1)
PATIENCE = 60.0
# What follows a set has a number of the time at which the set was owed, and is looked for by that of its end.
STRAGGLERS = 10_000
"""Ids below the newest that are looked at again: transactions do not commit in the order of their ids."""

# By the index on finished_at. Only what the engine ended: what a person held or discarded did not fail.
FINISHED = """
SELECT task, queue, date_trunc('minute', finished_at), state,
       width_bucket(extract(epoch FROM finished_at - started_at)::float8, %(bounds)s::float8[]),
       CASE WHEN attempt = 1 THEN width_bucket(extract(epoch FROM started_at - due_at)::float8, %(bounds)s::float8[]) END,
       count(*), coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::float8,
       coalesce(sum(greatest(extract(epoch FROM started_at - due_at), 0)) FILTER (WHERE attempt = 1), 0)::float8
FROM effects_effect
WHERE finished_at >= %(since)s AND finished_at < %(until)s
  AND (state = 'done' OR (state = 'dead' AND outcome IN ('gave up', 'out of tries')))
GROUP BY 1, 2, 3, 4, 5, 6
"""
FAILED = """
SELECT task, queue, date_trunc('minute', ended_at),
       CASE effects_attempt.outcome WHEN 'lost' THEN 'lost' ELSE 'retried' END, count(*)
FROM effects_attempt JOIN effects_effect ON effects_effect.id = effect_id
WHERE ended_at >= %(since)s AND ended_at < %(until)s AND effects_attempt.outcome <> 'dead'
GROUP BY 1, 2, 3, 4
"""
OWED = """
SELECT task, queue, date_trunc('minute', created_at), count(*), max(id) FROM effects_effect
WHERE id > %(newest)s AND created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1, 2, 3
UNION ALL
SELECT task, queue, date_trunc('minute', effects_effect.created_at), count(*), max(effects_effect.id)
FROM effects_set JOIN effects_effect ON effects_effect.id = effects_set.id
WHERE owed_at >= %(since)s - interval '1 minute' AND owed_at < %(until)s AND effects_effect.id <= %(newest)s
  AND effects_effect.created_at >= %(since)s AND effects_effect.created_at < %(until)s
GROUP BY 1, 2, 3
"""

Counted = dict[tuple[str, datetime], Figures]


def roll_up() -> int:
    """Count the minutes that are over and were not counted yet. Return how many. Safe in several processes at once."""
    minutes, began = 0, time.monotonic()
    while counted := _roll_up_chunk():
        minutes += counted
        if time.monotonic() - began > PATIENCE:
            break
    forget_old()
    return minutes


@transaction.atomic
def _roll_up_chunk() -> int:
    if not sql.try_hold(LOCK):
        return 0
    now = clock.now()
    over = (now - SETTLED).replace(second=0, microsecond=0)
    mark = RolledUp.objects.first() or RolledUp(until=over - timedelta(hours=1))
    since = max(mark.until, over - FURTHEST)
    until = min(since + CHUNK, over)
    if until <= since:
        return 0
    counted, newest = _count(since, until, mark.newest)
    _add(counted.values())
    mark.until, mark.newest = until, max(mark.newest, newest - STRAGGLERS)
    mark.save()
    return int((until - since) / timedelta(minutes=1))


def _count(since: datetime, until: datetime, newest: int) -> tuple[Counted, int]:
    """Return what happened by effect and minute, and the greatest id that was owed."""
    counted: Counted = {}
    span = {"since": since, "until": until}
    for task, queue, at, state, ran, late, number, ran_sum, late_sum in sql.rows(FINISHED, {**span, "bounds": list(BUCKETS)}):
        _finished(_of(counted, task, queue, at), state, ran, late, number, ran_sum, late_sum)
    for task, queue, at, what, number in sql.rows(FAILED, span):
        figures = _of(counted, task, queue, at)
        setattr(figures, what, getattr(figures, what) + number)
    for task, queue, at, number, last in sql.rows(OWED, {**span, "newest": newest}):
        _of(counted, task, queue, at).owed += number
        newest = max(newest, last)
    return counted, newest


def _of(counted: Counted, task: str, queue: str, at: datetime) -> Figures:
    return counted.setdefault((task, at), Figures(span=Span.MINUTE, at=at, task=task, queue=queue))


def _finished(
    figures: Figures, state: str, ran: int | None, late: int | None, number: int, ran_sum: float, late_sum: float
) -> None:
    if state == "dead":
        figures.dead += number
        return
    figures.done += number
    if ran is not None:
        figures.ran[ran] += number
        figures.ran_sum += ran_sum
    if late is not None:
        figures.late[late] += number
        figures.late_sum += late_sum


def _add(minutes: Iterable[Figures]) -> None:
    """Write minutes, and add them to their hours and to the totals."""
    minutes = list(minutes)
    sums: dict[tuple[str, str, datetime | None], Figures] = {}
    for each in minutes:
        hour = each.at.replace(minute=0)
        for span, at in ((Span.HOUR, hour), (Span.TOTAL, None)):
            key = (span, each.task, at)
            if key not in sums:
                sums[key] = _kept(span, each.task, at) or Figures(span=span, at=hour, task=each.task, queue=each.queue)
            sums[key].add(each)
    Figures.objects.bulk_create(minutes)
    Figures.objects.bulk_create([each for each in sums.values() if each.pk is None])
    kept = [each for each in sums.values() if each.pk is not None]
    Figures.objects.bulk_update(kept, [*COUNTS, *HISTOGRAMS, "ran_sum", "late_sum"])


def _kept(span: Span, task: str, at: datetime | None) -> Figures | None:
    rows = Figures.objects.filter(span=span, task=task)
    return (rows.filter(at=at) if at else rows).first()
