"""One effect's story in the order of its times, what owed it, and what it owed in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from owed.models import Effect, EffectSet, State

CAUSED = 50
"""Effects owed in turn that are shown."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happened; `after` is the seconds since what happened before."""

    at: datetime
    what: str
    bad: bool = False
    after: float | None = None


def timeline(effect: Effect) -> dict[str, Any]:
    """Return what the page of an effect shows of its story."""
    owed = Effect.objects.filter(cause=effect.pk).order_by("pk")
    follows = EffectSet.objects.filter(pk=effect.pk).first()
    return {
        "steps": steps(effect),
        "counted_by": EffectSet.objects.filter(pk=effect.member_of).first() if effect.member_of else None,
        "follows": follows,
        "members": Effect.objects.filter(member_of=effect.pk).by_state() if follows else [],
        "cause": Effect.objects.filter(pk=effect.cause).first() if effect.cause else None,
        "caused": owed[:CAUSED],
        "caused_number": owed.count(),
    }


def steps(effect: Effect) -> list[Step]:
    """Return what is known of it by time; of attempts that failed, the first and the last few are kept."""
    found = sorted(_steps(effect), key=lambda step: step.at)
    times = [None, *(step.at for step in found)]
    return [
        replace(step, after=None if before is None else (step.at - before).total_seconds())
        for step, before in zip(found, times, strict=False)
    ]


def _steps(effect: Effect) -> Iterator[Step]:
    yield Step(at=effect.created_at, what=_("recorded"))
    if effect.due_at - effect.created_at > timedelta(seconds=1):
        yield Step(at=effect.due_at, what=_("due"))
    for attempt in effect.attempts.all():
        said = _("attempt %(number)d failed: %(error)s") % {"number": attempt.number, "error": attempt.error[:200]}
        yield Step(at=attempt.ended_at, what=said, bad=True)
    if effect.started_at is not None:
        yield Step(at=effect.started_at, what=_("attempt %(number)d began") % {"number": effect.attempt})
    if effect.finished_at is not None:
        dead = effect.state == State.DEAD
        yield Step(at=effect.finished_at, what=_last_words(effect) if dead else _("done"), bad=dead)
    elif effect.state == State.WAITING:
        yield Step(at=effect.wake_at, what=_("next attempt"))


def _last_words(effect: Effect) -> str:
    return effect.outcome or effect.error.partition("\n")[0][:200] or _("failed")
