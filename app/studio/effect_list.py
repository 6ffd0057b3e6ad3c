"""The effects of a post as its page lists them: troubles one by one and first, many of one kind as one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from app.newsletter import effects as newsletter
from owed.models import OVER, Attempt, Effect, State

FEW = 3
"""So many effects of one kind are listed each; more of them are one line."""
MOST_TROUBLES = 50
MOST = 200
_OF_EFFECT = Attempt.objects.filter(effect=OuterRef("pk")).order_by()
_LAST_FAILED = Exists(_OF_EFFECT.filter(number=OuterRef("attempt")))
_ONE_BEFORE_FAILED = Exists(_OF_EFFECT.filter(number=OuterRef("attempt") - 1))
# `error` is also why an effect put itself off, which is no failure and leaves no attempt.
RETRIED = ~Q(error="") & (Q(_LAST_FAILED, state__in=[State.READY, State.WAITING]) | Q(_ONE_BEFORE_FAILED, state=State.RUNNING))
TROUBLED = Q(state=State.DEAD) | RETRIED
"""Failed for good, or being tried again after an attempt that failed."""


class Counted(NamedTuple):
    """How many effects of one name are in one state, and whether they are in trouble."""

    queue: str
    task: str
    state: str
    is_troubled: bool
    number: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """Effects of one name without troubles. `is_mailing`: they mail the post, copy by copy."""

    queue: str
    task: str
    number: int
    states: list[tuple[str, str, int]]
    is_mailing: bool


def counted(effects: QuerySet[Effect]) -> list[Counted]:
    """Return how many there are of each name and state: one statement, however many they are."""
    marked = effects.annotate(is_troubled=ExpressionWrapper(TROUBLED, BooleanField()))
    rows = marked.values("queue", "task", "state", "is_troubled").annotate(number=Count("pk"))
    return [Counted(**row) for row in rows.order_by("task", "state", "is_troubled")]


def tally(counts: list[Counted]) -> dict[str, int]:
    """Return how many effects are in each state, how many are over, and how many failed in some way."""
    states: Counter[str] = Counter()
    for each in counts:
        states[each.state] += each.number
    over, everything = sum(states[state] for state in OVER), states.total()
    troubled = sum(each.number for each in counts if each.is_troubled)
    sums = {"all": everything, "over": over, "open": everything - over, "troubled": troubled}
    return {state: states[state] for state in State.values} | sums


def listed(effects: QuerySet[Effect], counts: list[Counted]) -> dict[str, Any]:
    """Return the effects in trouble, those that are few of their kind, and the others as groups."""
    fine: Counter[str] = Counter()
    for each in counts:
        fine[each.task] += 0 if each.is_troubled else each.number
    few = [task for task, number in fine.items() if number <= FEW]
    troubles = list(effects.filter(TROUBLED).order_by("finished_at", "-pk")[:MOST_TROUBLES])
    return {
        "troubles": sorted(troubles, key=lambda effect: effect.state != State.DEAD),
        "effects": list(effects.filter(task__in=few).exclude(TROUBLED).order_by("-pk")[:MOST]),
        "groups": [_group(task, counts) for task in sorted(fine) if fine[task] > FEW],
    }


def _group(task: str, counts: list[Counted]) -> Group:
    rows = [each for each in counts if each.task == task and not each.is_troubled]
    states = [(each.state, str(State(each.state).label), each.number) for each in rows]
    number, is_mailing = sum(each.number for each in rows), task in newsletter.deliver.names
    return Group(queue=rows[0].queue, task=task, number=number, states=states, is_mailing=is_mailing)
