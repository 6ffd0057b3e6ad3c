"""Schedules: what the clock owes, and changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.models import User
from app.api.auth import Request
from app.api.effects import EffectOut
from app.api.errors import Forbidden, NotFound, Problem
from app.api.fields import Id, Line, Strict
from owed.models import Effect
from owed.schedules import Schedule

router = Router(tags=["schedules"])


class ScheduleOut(Schema):
    """`cron` is empty where `every`, in seconds, is given. `last_effect` is what it owed last; old ones are removed."""

    id: int
    name: str
    task: str
    cron: str
    zone: str
    every: int | None
    missed: str
    next_at: datetime
    last_at: datetime | None
    last_effect: int | None
    paused_at: datetime | None
    paused_by: str
    paused_why: str
    edited_at: datetime | None
    edited_by: str


class ScheduleIn(Strict):
    """What is left out stays, but for the other kind of time: `cron` takes the place of `every`, and `every` of `cron`."""

    cron: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    every: Annotated[int, Field(ge=1, le=31_622_400)] | None = None
    zone: Annotated[Line, Field(min_length=1, max_length=64)] | None = None
    missed: Literal["once", "skip"] | None = None


class SchedulePauseIn(Strict):
    why: Annotated[Line, Field(max_length=200)] = ""


@router.get("", response={200: list[ScheduleOut], 403: Problem})
def list_schedules(request: Request) -> QuerySet[Schedule]:
    """List what runs by the clock, by name: for editors, staff, and who may look at effects."""
    if not request.auth.sees_operations:
        raise Forbidden(_("Your account may not see how the site runs."))
    return Schedule.objects.order_by("name")


@router.patch("/{schedule_id}", response={200: ScheduleOut, 403: Problem, 404: Problem, 422: Problem})
def change_schedule(request: Request, schedule_id: Id, payload: ScheduleIn) -> Schedule:
    """Give it another time or policy. New releases leave it as it is then."""
    schedule = _schedule(request.auth, schedule_id)
    given = {name: value for name, value in payload.dict().items() if value is not None}
    if "cron" in given and "every" not in given:
        given["every"] = None
    if "every" in given and given["every"] and "cron" not in given:
        given["cron"] = ""
    schedule.change(by=request.auth.get_username(), **given)
    return schedule


@router.post("/{schedule_id}/runs", response={201: EffectOut, 403: Problem, 404: Problem})
def run_schedule(request: Request, schedule_id: Id) -> Status[Effect]:
    """Owe it now, paused or not. The planned times stay."""
    [effect] = _schedule(request.auth, schedule_id).run_now().ids
    return Status(201, Effect.objects.get(pk=effect))


@router.put("/{schedule_id}/pause", response={200: ScheduleOut, 403: Problem, 404: Problem, 422: Problem})
def pause_schedule(request: Request, schedule_id: Id, payload: SchedulePauseIn) -> Schedule:
    """Run it no more until the pause is deleted. Safe to do twice: the first reason stays."""
    schedule = _schedule(request.auth, schedule_id)
    schedule.pause(by=request.auth.get_username(), why=payload.why)
    schedule.refresh_from_db()
    return schedule


@router.delete("/{schedule_id}/pause", response={200: ScheduleOut, 403: Problem, 404: Problem})
def resume_schedule(request: Request, schedule_id: Id) -> Schedule:
    """Go on with the next time; what passed meanwhile is left out. Safe to do twice."""
    schedule = _schedule(request.auth, schedule_id)
    schedule.resume()
    return schedule


def _schedule(user: User, schedule_id: int) -> Schedule:
    """Return a schedule that the caller may change. Raises Forbidden, NotFound."""
    if not user.is_operator:
        raise Forbidden(_("Only editors and staff change schedules."))
    schedule = Schedule.objects.filter(pk=schedule_id).first()
    if schedule is None:
        raise NotFound
    return schedule
