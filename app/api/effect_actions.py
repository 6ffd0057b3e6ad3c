"""Act on effects: all that a filter shows, with the count first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from app.api.auth import Request
from app.api.effects import Filters
from app.api.errors import Forbidden, Invalid, Problem
from app.api.fields import Id, Line, Moment, Strict
from owed import clock, holding
from owed.acting import VERBS, Decision, ReasonNeeded

router = Router(tags=["effects"])


class FilterIn(Filters):
    # A name that is not known must not mean "any": the verb would reach more than was meant.
    model_config = ConfigDict(extra="forbid")


class ActionIn(Strict):
    """`id` names one effect, `filter` several, and `all` every one that the verb takes."""

    verb: Literal["retry", "run-now", "discard", "cancel", "hold", "release"]
    id: Id | None = None
    filter: FilterIn = Field(default_factory=FilterIn)
    all: bool = False
    reason: Annotated[Line, Field(max_length=300)] = ""
    dry_run: bool = False
    as_of: Moment | None = None


class ActionOut(Schema):
    """`number` were changed, or would be. Send `as_of` back to change exactly those that a dry run counted.

    `sums` says of a dry run what they amount to, such as "616 mails of post 17".
    """

    verb: str
    number: int
    as_of: datetime
    sums: list[str] = Field(default_factory=list)


@router.post("", response={200: ActionOut, 403: Problem, 422: Problem})
def act(request: Request, wish: ActionIn) -> ActionOut:
    """Retry, hasten, discard, cancel, hold or release effects; for editors and staff. `dry_run` only counts.

    Discarding and cancelling take a reason.
    """
    if not request.auth.is_operator:
        raise Forbidden(_("Only editors and staff can do that."))
    as_of = wish.as_of or clock.now()
    verb, filter = VERBS[wish.verb], wish.filter.filter(as_of=as_of.isoformat(), id=str(wish.id or ""))
    if filter.is_empty and not wish.all:
        raise Invalid({"filter": [_("Name a filter, or say all.")]})
    if wish.dry_run:
        return ActionOut(verb=verb.name, number=verb.count(filter), as_of=as_of, sums=holding.sums(verb.of(filter)))
    try:
        number = verb.act(filter, Decision(by=request.auth.get_username(), reason=wish.reason))
    except ReasonNeeded:
        raise Invalid({"reason": [_("Give a reason. It is kept with the effects.")]}) from None
    return ActionOut(verb=verb.name, number=number, as_of=as_of)
