"""Pause a queue or a task, and resume it. The claim and the sweeper ask the rows, so that a restart changes nothing."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from . import registry, sql
from .acting import Decision, checked, say
from .controls import Pause

AT_ONCE = 500
INSERT = """
INSERT INTO effects_pause (queue, task, reason, decided_by, since) VALUES (%s, %s, %s, %s, clock_timestamp())
ON CONFLICT (queue, task) DO NOTHING
"""
# The lock on the pause lets a resume wait for this statement, and find all that it has put aside.
PARK = """
UPDATE effects_effect SET state = 'paused', wake_at = '9999-01-01 00:00+00' WHERE id IN (
    SELECT effect.id FROM effects_effect AS effect
    JOIN effects_pause AS pause ON pause.queue = effect.queue OR pause.task = effect.task
    WHERE effect.finished_at IS NULL AND effect.state = 'ready'
    LIMIT %s FOR UPDATE OF effect SKIP LOCKED FOR KEY SHARE OF pause)
"""
# It was planned for the time after the pause, and is not late by as long as that lasted.
UNPARK = """
UPDATE effects_effect SET state = 'ready', rings = 0, wake_at = clock_timestamp(), due_at = clock_timestamp() WHERE id IN (
    SELECT id FROM effects_effect AS effect
    WHERE finished_at IS NULL AND wake_at >= '9998-01-01 00:00+00' AND state = 'paused'
    AND NOT EXISTS (SELECT FROM effects_pause AS pause WHERE pause.queue = effect.queue OR pause.task = effect.task)
    LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class OneOfTwo(ValueError):
    """Name a queue or a task, and not both."""


def pause(*, queue: str = "", task: str = "", decision: Decision) -> bool:
    """Let nothing of the queue or the task begin until it is resumed. Return whether it was not paused before.

    What runs is finished. Raises OneOfTwo, ReasonNeeded.
    """
    decision = checked(decision, needs_reason=True)
    with transaction.atomic():
        added = sum(sql.run(INSERT, [*each, decision.reason, decision.by]) for each in _rows(queue, task))
    _until_done(PARK)
    if added:
        say("pause", added, decision, filter={"queue": queue, "task": task})
    return bool(added)


def resume(*, queue: str = "", task: str = "", decision: Decision) -> bool:
    """Let it begin again. Return whether it was paused. Raises OneOfTwo."""
    decision = checked(decision)
    named = Q()
    for a_queue, a_task in _rows(queue, task):
        named |= Q(queue=a_queue, task=a_task)
    removed, _ = Pause.objects.filter(named).delete()
    unpark()
    if removed:
        say("resume", removed, decision, filter={"queue": queue, "task": task})
    return bool(removed)


def unpark() -> int:
    """Owe again what was put aside by a pause that is over. Return how many. resume() does so; a killed one leaves some."""
    return _until_done(UNPARK)


def _rows(queue: str, task: str) -> list[tuple[str, str]]:
    """Return what to write for it: a task is paused under each of its names."""
    if bool(queue) == bool(task):
        raise OneOfTwo("name a queue or a task")
    known = registry.find(task) if task else None
    return [(queue, name) for name in (known.names if known else [task])]


def _until_done(statement: str) -> int:
    changed, last = 0, AT_ONCE
    while last == AT_ONCE:
        last = sql.run(statement, [AT_ONCE])
        changed += last
    return changed
