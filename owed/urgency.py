"""What is urgent goes first: a hint says that there is work in a queue, and the database says which effect is taken.

Brokers deliver in the order of sending, and an urgent effect's hint may have thousands before it. So the first of them that a
worker takes runs what is most urgent in its queue, and then what it names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from . import registry, sql
from .connections import again_if_broken, heal_connection
from .declaration import GRACE, SLICE, Declaration
from .running import Report, run

# By a partial index that holds no finished row, and none of the usual priority. What has failed before is left to its own
# hint, as everywhere: it could take the process down with it.
AHEAD = f"""
SELECT id, task FROM effects_effect
WHERE queue = %s AND finished_at IS NULL AND priority > 0 AND state = 'ready' AND attempt = 0 AND {sql.NOT_PAUSED}
ORDER BY priority DESC, id LIMIT 20
"""  # noqa: S608 - constants of this package
QUIET = 1.0
"""Seconds in which a process does not look again after it found nothing."""


def run_hint(effect: Declaration[Any], ids: Sequence[int], hint: UUID) -> Report:
    """Run what is more urgent in the effect's queue, then what the hint names; return how the latter ended.

    Nothing begins after SLICE, as in every hint; what it names is rung again then, and the next hint of the queue runs what
    it names first: what is not urgent waits, and does not starve. Raises UnknownEffect.
    """
    until = time.monotonic() + SLICE
    for urgent, pk in _ahead(effect, ids):
        if time.monotonic() >= until:
            _passed_over.add(effect.queue)
            break
        run(urgent, [pk], hint, until=until)
    return run(effect, ids, hint, until=until)


def _ahead(effect: Declaration[Any], ids: Sequence[int]) -> Iterator[tuple[Declaration[Any], int]]:
    """Return what is to run before these, the most urgent first."""
    if effect.queue in _passed_over or time.monotonic() < _quiet.get(effect.queue, 0.0):
        _passed_over.discard(effect.queue)
        return
    heal_connection()
    found = again_if_broken(lambda: sql.rows(AHEAD, [effect.queue]))
    if not found:
        _quiet[effect.queue] = time.monotonic() + QUIET
    for pk, task in found:
        if pk in ids:
            return
        urgent = registry.find(task)
        if urgent and _fits(urgent, effect):
            yield urgent, pk


def _fits(urgent: Declaration[Any], effect: Declaration[Any]) -> bool:
    """Return whether it has its whole time under the limits of the hint's own task, and is killed before its lease is over."""
    return bool(registry.bodies(urgent)) and urgent.timeout <= effect.timeout and effect.soft_limit + GRACE < urgent.lease


_quiet: dict[str, float] = {}
_passed_over: set[str] = set()
