"""Run what is ready in this process, with no broker: the `work` command and the testing kit."""

from __future__ import annotations

from uuid import uuid4

from . import registry, sql
from .running import Report, run
from .waker import pack

READY = f"""
SELECT task, id FROM effects_effect
WHERE finished_at IS NULL AND state = 'ready' AND task = ANY(%s) AND attempt {{comparison}} 0
AND {sql.NOT_PAUSED} ORDER BY priority DESC, id LIMIT %s
"""  # noqa: S608 - constants of this package


def work(limit: int = 500) -> list[Report]:
    """Run ready effects of known tasks here and now. Return a report for each hint's worth."""
    # As the sweeper does: what has failed before runs alone, so that it cannot take a batch down with it.
    fresh = [(hint.task, hint.ids) for hint in pack(_ready("=", limit))]
    again = [(task, (pk,)) for task, pk in _ready(">", limit)]
    return [run(registry.get(task), ids, uuid4()) for task, ids in fresh + again]


def _ready(comparison: str, limit: int) -> list[tuple[str, int]]:
    return sql.rows(READY.format(comparison=comparison), [registry.names(), limit])
