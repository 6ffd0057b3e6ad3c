"""Remove finished rows, and Celery's results, when their story is old: a chunk at a time."""

from __future__ import annotations

from datetime import timedelta

from . import sql

PURGE = """
DELETE FROM effects_effect WHERE id IN (
    SELECT id FROM effects_effect
    WHERE finished_at IS NOT NULL AND state = 'done' AND finished_at < clock_timestamp() - make_interval(secs => %s)
    ORDER BY finished_at LIMIT %s)
"""


PURGE_RESULTS = """
DELETE FROM django_celery_results_taskresult WHERE id IN (
    SELECT id FROM django_celery_results_taskresult WHERE date_done < clock_timestamp() - make_interval(secs => %s)
    ORDER BY date_done LIMIT %s)
"""


def purge(older_than: timedelta, *, chunk: int = 1000) -> int:
    """Delete done effects finished longer ago than this. Dead letters stay. Return how many went."""
    return _in_chunks(PURGE, older_than, chunk)


def purge_results(older_than: timedelta, *, chunk: int = 1000) -> int:
    """Delete Celery's result rows older than this; the package's own clean-up is one long statement."""
    return _in_chunks(PURGE_RESULTS, older_than, chunk)


def _in_chunks(statement: str, older_than: timedelta, chunk: int) -> int:
    removed, last = 0, chunk
    while last == chunk:
        last = sql.run(statement, [older_than.total_seconds(), chunk])
        removed += last
    return removed
