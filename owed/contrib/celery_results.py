"""For django-celery-results: remove old result rows a chunk at a time."""

from __future__ import annotations

from datetime import timedelta

from ..purging import in_chunks

PURGE = """
DELETE FROM django_celery_results_taskresult WHERE id IN (
    SELECT id FROM django_celery_results_taskresult WHERE date_done < clock_timestamp() - make_interval(secs => %s)
    ORDER BY date_done LIMIT %s)
"""


def purge(older_than: timedelta, *, chunk: int = 1000) -> int:
    """Delete Celery's results older than this, and return how many; the library's own clean-up is one long statement."""
    return in_chunks(PURGE, older_than, chunk)
