"""Names that not every worker knows, such as in a rolling deploy: what is owed under them goes to the workers that do."""

from __future__ import annotations

from collections.abc import Sequence

from . import sql

# A row that was rung often waits longer, up to what a lost hint waits: a dozen rings in five seconds, then fewer, so that many
# rows and one worker that knows them do not flood the broker.
PUT_BACK = """
UPDATE effects_effect SET wake_at = clock_timestamp() + make_interval(secs => least(15, rings * rings / 1000.0))
WHERE id IN (SELECT id FROM effects_effect WHERE id = ANY(%s::bigint[]) AND state = 'ready' ORDER BY id FOR UPDATE SKIP LOCKED)
"""
# A worker of a release that did not write its names down may know any.
UNKNOWN = """
WITH alive AS (SELECT names FROM effects_heartbeat WHERE at > clock_timestamp() - interval '30 seconds')
SELECT task, number FROM (SELECT task, count(*) AS number FROM effects_effect WHERE finished_at IS NULL GROUP BY task) AS owed
WHERE EXISTS (SELECT FROM alive) AND NOT EXISTS (SELECT FROM alive WHERE names IS NULL OR names ? task)
ORDER BY task
"""


def put_back(ids: Sequence[int]) -> int:
    """Make them due again, for a worker that knows their name. Return how many."""
    return sql.run(PUT_BACK, [sql.array(ids)])


def unknown() -> dict[str, int]:
    """Return how many effects are owed under each name that no running worker knows; nothing where no worker runs."""
    return dict(sql.rows(UNKNOWN))
