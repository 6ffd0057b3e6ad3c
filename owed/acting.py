"""What a person does with effects: retry, run now, discard, cancel, hold, release; one, or all that a filter shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Greatest, Least, Now
from django.utils.translation import gettext_lazy

from . import counting, dead_letters
from .filters import Filter
from .models import NEVER, PARKED, Effect, EffectQuerySet, State
from .scrubbing import scrub
from .signals import effects_acted, effects_discarded

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

AT_ONCE = 500
"""Rows in one statement: more would hold their locks, and workers back, for seconds."""
REASON_SIZE = 300
BETWEEN_ATTEMPTS = (State.READY, State.WAITING, State.PAUSED)


class ReasonNeeded(ValueError):
    """What is discarded or cancelled keeps why: give a reason."""


@dataclass(frozen=True)
class Decision:
    """Who acts, and why."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One thing that can be done. It changes what `takes` allows, and leaves the rest as it is."""

    name: str
    label: StrPromise
    takes: Q
    changes: Callable[[list[int], Decision], int]
    unasked: Q
    """What a filter that names no state means: what was discarded comes back only where it is asked for."""
    needs_reason: bool = False

    @property
    def takes_reason(self) -> bool:
        """Whether the effects keep why."""
        return self.needs_reason or self.name == "hold"

    def of(self, filter: Filter) -> EffectQuerySet:
        """Return what the verb would change of what the filter shows."""
        return filter.effects().filter(self.takes, Q() if filter.state or filter.id else self.unasked)

    def count(self, filter: Filter) -> int:
        return self.of(filter).count()

    def act(self, filter: Filter, decision: Decision) -> int:
        """Change all that the filter shows, some rows at a time. Return how many. Raises ReasonNeeded."""
        decision = checked(decision, needs_reason=self.needs_reason)
        changed, last = 0, 0
        while ids := list(self.of(filter).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
            changed, last = changed + self._change(ids, decision), ids[-1]
        say(self.name, changed, decision, filter=filter.asks())
        return changed

    def act_on(self, ids: Sequence[int], decision: Decision) -> int:
        """Change these, as far as they can be. Return how many were. Raises ReasonNeeded."""
        decision = checked(decision, needs_reason=self.needs_reason)
        some = [sorted(ids)[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
        changed = sum(self._change(each, decision) for each in some)
        say(self.name, changed, decision, effects=sorted(ids)[:AT_ONCE])
        return changed

    @transaction.atomic
    def _change(self, ids: list[int], decision: Decision) -> int:
        # Locked in order of id, as workers lock them: in another order the two could deadlock.
        locked = Effect.objects.select_for_update().filter(self.takes, pk__in=ids).order_by("pk")
        return self.changes(list(locked.values_list("pk", flat=True)), decision)


def checked(decision: Decision, *, needs_reason: bool = False) -> Decision:
    """Return the decision as rows keep it. Raises ReasonNeeded."""
    reason = scrub(decision.reason).strip()[:REASON_SIZE]
    if needs_reason and not reason:
        raise ReasonNeeded
    return Decision(by=decision.by[:150], reason=reason)


def say(verb: str, number: int, decision: Decision, **which: object) -> None:
    """Send what was decided, for a log of who did what."""
    effects_acted.send(sender=Verb, verb=verb, number=number, by=decision.by, reason=decision.reason, **which)


def _retry(ids: list[int], decision: Decision) -> int:
    return dead_letters.replay(ids)


def _hasten(ids: list[int], decision: Decision) -> int:
    # The sweeper rings it in its next pass: here no one waits for a broker.
    return Effect.objects.filter(pk__in=ids).update(wake_at=Now(), due_at=Least("due_at", Now()))


def _hold(ids: list[int], decision: Decision) -> int:
    kept = {"reason": decision.reason, "decided_by": decision.by}
    return Effect.objects.filter(pk__in=ids).update(state=State.HELD, wake_at=NEVER, **kept)


def _release(ids: list[int], decision: Decision) -> int:
    planned = When(due_at__gt=Now(), then=Value(State.WAITING))
    return Effect.objects.filter(pk__in=ids).update(
        state=Case(planned, default=Value(State.READY)),
        wake_at=Greatest("due_at", Now()),
        # It was kept back by a decision, and is not late by as long as that lasted.
        due_at=Greatest("due_at", Now()),
        rings=0,
        reason="",
        decided_by="",
    )


def _end(outcome: str) -> Callable[[list[int], Decision], int]:
    def end(ids: list[int], decision: Decision) -> int:
        kept = {"outcome": outcome, "reason": decision.reason, "decided_by": decision.by}
        # What is dead was counted when it died.
        sets = list(Effect.objects.filter(pk__in=ids, finished_at=None).values_list("member_of", flat=True))
        ended = Effect.objects.filter(pk__in=ids).update(state=State.DISCARDED, finished_at=Now(), wake_at=Now(), **kept)
        effects_discarded.send(sender=Verb, ids=ids, **kept)
        # Last, as a worker does it after its body: a receiver may wait for rows that a body holds, and holds no set meanwhile.
        counting.settled(sets)
        return ended

    return end


RETRY = Verb(
    name="retry",
    label=gettext_lazy("Retry"),
    takes=Q(state__in=[State.DEAD, State.DISCARDED]),
    unasked=Q(state=State.DEAD),
    changes=_retry,
)
RUN_NOW = Verb(
    name="run-now",
    label=gettext_lazy("Run now"),
    takes=Q(state__in=[State.READY, State.WAITING]),
    unasked=Q(state=State.WAITING),
    changes=_hasten,
)
DISCARD = Verb(
    name="discard",
    label=gettext_lazy("Discard"),
    takes=Q(state__in=[State.DEAD, State.HELD]) | Q(state__in=BETWEEN_ATTEMPTS, attempt__gt=0),
    unasked=Q(state=State.DEAD),
    changes=_end("discarded"),
    needs_reason=True,
)
CANCEL = Verb(
    name="cancel",
    label=gettext_lazy("Cancel"),
    takes=Q(state__in=[State.READY, State.WAITING, *PARKED], attempt=0),
    unasked=Q(),
    changes=_end("cancelled"),
    needs_reason=True,
)
HOLD = Verb(
    name="hold",
    label=gettext_lazy("Hold"),
    # What runs is left to its worker; a lease that is over belongs to no one.
    takes=Q(state__in=[State.READY, State.WAITING, State.PAUSED]) | Q(state=State.RUNNING, wake_at__lte=Now()),
    unasked=Q(),
    changes=_hold,
)
RELEASE = Verb(
    name="release",
    label=gettext_lazy("Release"),
    takes=Q(state=State.HELD),
    unasked=Q(),
    changes=_release,
)
VERBS = {verb.name: verb for verb in (RETRY, RUN_NOW, DISCARD, CANCEL, HOLD, RELEASE)}


def possible(effect: Effect) -> list[Verb]:
    """Return what can be done with this effect."""
    return [verb for verb in VERBS.values() if Effect.objects.filter(verb.takes, pk=effect.pk).exists()]
