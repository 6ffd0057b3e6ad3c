"""Dead letters by what they failed of: a hundred of one cause are one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from . import sql

LOOKED_AT = 5_000
"""The newest dead letters: with more than that, all are not worth a scan."""

# The numbers in an error are its subject, not its cause: post 12 and post 13 fail of one thing.
GROUPED = """
SELECT task, queue, what, count(*), min(finished_at), max(finished_at), max(id) FROM (
    SELECT task, queue, finished_at, id,
           regexp_replace(left(coalesce(nullif(split_part(error, E'\\n', 1), ''), outcome), 200), '[0-9]+', '#', 'g') AS what
    FROM effects_effect WHERE state = 'dead' ORDER BY finished_at DESC LIMIT %s
) AS dead GROUP BY 1, 2, 3 ORDER BY count(*) DESC, max(finished_at) DESC LIMIT %s
"""


@dataclass(frozen=True)
class Failures:
    """Dead letters of one effect and one error: how many, first and last seen, and the newest of them."""

    task: str
    queue: str
    error: str
    count: int
    first_at: datetime
    last_at: datetime
    newest: int


def grouped(limit: int = 20) -> list[Failures]:
    """Return the newest dead letters by effect and error, the most frequent first."""
    return [Failures(*row) for row in sql.rows(GROUPED, [LOOKED_AT, limit])]
