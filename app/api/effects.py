"""Effects: what was owed, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from app.accounts.models import User
from app.api.auth import Request, must_enter_studio
from app.api.errors import Conflict, Forbidden, NotFound, Problem
from app.api.fields import ABOUT, BIGGEST, Id, Moment, Page
from app.api.permissions import watched_post
from owed.filters import Filter
from owed.models import Attempt, Effect, EffectSet

router = Router(tags=["effects"])

PER_PAGE = 100
NUMBER = r"^([0-9]{1,18})?$"
AGE = r"^([0-9]{1,6}(s|min|h|d))?$"
StateName = Literal["ready", "waiting", "running", "held", "paused", "done", "dead", "discarded"]


class EffectOut(Schema):
    """Not its arguments: they are ids that only workers need."""

    id: int
    task: str
    queue: str
    about: str
    kind: str
    state: str
    attempt: int
    max_attempts: int
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration: float | None
    hint: UUID | None
    outcome: str
    error: str
    decided_by: str
    reason: str
    priority: int
    member_of: int | None


class AttemptOut(Schema):
    """An attempt that failed. `seconds` is null of one whose worker died; `worker` is host:pid."""

    number: int
    ended_at: datetime
    seconds: float | None
    worker: str
    outcome: str
    error: str
    traceback: str


class SetOut(Schema):
    """Effects of which another is owed when all are settled: `then` is its number and `task` its name.

    `states` says how many are in which state.
    """

    then: int = Field(alias="pk")
    task: str
    size: int
    outstanding: int
    owed_at: datetime | None
    states: dict[str, int]

    @staticmethod
    def resolve_states(counted: EffectSet) -> dict[str, int]:
        return {state.value: number for state, number in Effect.objects.filter(member_of=counted.pk).by_state()}


class EffectDetail(EffectOut):
    """`failures` are the first and the last nine failed attempts, the oldest first.

    `set` counts the effect, and `follows` is the set whose end owed it.
    """

    failures: list[AttemptOut]
    set: SetOut | None
    follows: SetOut | None

    @staticmethod
    def resolve_set(effect: Effect) -> EffectSet | None:
        return EffectSet.objects.filter(pk=effect.member_of).first() if effect.member_of else None

    @staticmethod
    def resolve_follows(effect: Effect) -> EffectSet | None:
        return EffectSet.objects.filter(pk=effect.pk).first()

    @staticmethod
    def resolve_failures(effect: Effect) -> list[Attempt]:
        return list(effect.attempts.all())


class Filters(Schema):
    """As in the studio and `manage.py effects`.

    `task`: a name, or how it begins. `set`: the number of the effect that follows the set.
    `age`: owed at least so long ago, such as "2h". `before`: owed before that moment.
    """

    about: Annotated[str, Field(pattern=ABOUT)] | None = None
    state: StateName | None = None
    set: Annotated[str, Field(pattern=NUMBER)] = ""
    queue: Annotated[str, Field(max_length=50)] = ""
    task: Annotated[str, Field(max_length=100)] = ""
    error: Annotated[str, Field(max_length=200)] = ""
    age: Annotated[str, Field(pattern=AGE)] = ""
    before: Moment | None = None

    def filter(self, **more: str) -> Filter:
        before = self.before.isoformat() if self.before else ""
        return Filter.asked({**self.dict(), "before": before, **more})


class Listing(Filters):
    page: Page = 1


@router.get("", response={200: list[EffectOut], 403: Problem, 404: Problem, 422: Problem})
def list_effects(request: Request, filters: Query[Listing]) -> QuerySet[Effect]:
    """List effects in the order in which they were owed, 100 to a page: about your own post, or any for editors and staff."""
    must_enter_studio(request.auth)
    _may_watch(request.auth, filters.about)
    first = (filters.page - 1) * PER_PAGE
    return filters.filter().effects().order_by("pk")[first : first + PER_PAGE]


@router.get("/{effect_id}", response={200: EffectDetail, 403: Problem, 404: Problem})
def read_effect(request: Request, effect_id: Id) -> Effect:
    """Read one effect, and how its attempts failed."""
    must_enter_studio(request.auth)
    effect = _effect(effect_id)
    _may_watch(request.auth, effect.about)
    return effect


@router.post("/{effect_id}/replay", response={200: EffectOut, 403: Problem, 404: Problem, 409: Problem})
def replay_effect(request: Request, effect_id: Id) -> Effect:
    """Queue a dead effect again: about your own post, or any for editors and staff. 409 when it is not dead."""
    must_enter_studio(request.auth)
    effect = _effect(effect_id)
    _may_watch(request.auth, effect.about)
    if not effect.replay():
        raise Conflict(_("The effect has not failed; there is nothing to retry."))
    return _effect(effect_id)


def _may_watch(user: User, about: str | None) -> None:
    """Raise Forbidden, or NotFound where the caller may not even learn that the subject exists."""
    if user.is_operator:
        return
    model, _separator, pk = (about or "").partition(":")
    if model != "post":
        raise Forbidden(_("Name one of your posts: ?about=post:<id>."))
    if int(pk) > BIGGEST:
        raise NotFound
    watched_post(int(pk), user)


def _effect(effect_id: int) -> Effect:
    effect = Effect.objects.filter(pk=effect_id).first()
    if effect is None:
        raise NotFound
    return effect
