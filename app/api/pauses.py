"""Pause and resume a queue or a task of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import Request
from app.api.errors import Forbidden, Invalid, NotFound, Problem
from app.api.fields import Id, Line, Strict
from owed import pausing
from owed.acting import Decision, ReasonNeeded
from owed.models import Pause

router = Router(tags=["effects"])


class PauseIn(Strict):
    """Name a queue or a task, and say why."""

    queue: Annotated[Line, Field(max_length=50)] = ""
    task: Annotated[Line, Field(max_length=100)] = ""
    reason: Annotated[Line, Field(max_length=300)]


class PauseOut(Schema):
    """`decided_by` names who paused it. One of `queue` and `task` is empty."""

    id: int
    queue: str
    task: str
    reason: str
    decided_by: str
    since: datetime


@router.get("", response={200: list[PauseOut], 403: Problem})
def list_pauses(request: Request) -> list[Pause]:
    """List what is paused; for editors and staff."""
    _must_operate(request)
    return list(Pause.objects.all())


@router.post("", response={201: PauseOut, 403: Problem, 422: Problem})
def pause(request: Request, wish: PauseIn) -> Status[Pause]:
    """Let nothing of a queue or a task begin until it is resumed. What was paused before keeps its reason."""
    _must_operate(request)
    try:
        pausing.pause(queue=wish.queue, task=wish.task, decision=_decision(request, wish.reason))
    except pausing.OneOfTwo:
        raise Invalid({"queue": [_("Name a queue or a task.")]}) from None
    except ReasonNeeded:
        raise Invalid({"reason": [_("Give a reason. It is shown while it is paused.")]}) from None
    return Status(201, Pause.objects.filter(queue=wish.queue, task=wish.task).get())


@router.delete("/{pause_id}", response={204: None, 403: Problem, 404: Problem})
def resume(request: Request, pause_id: Id) -> Status[None]:
    """Let it begin again."""
    _must_operate(request)
    paused = Pause.objects.filter(pk=pause_id).first()
    if paused is None:
        raise NotFound
    pausing.resume(queue=paused.queue, task=paused.task, decision=_decision(request))
    return Status(204, None)


def _must_operate(request: Request) -> None:
    if not request.auth.is_operator:
        raise Forbidden(_("Only editors and staff can do that."))


def _decision(request: Request, reason: str = "") -> Decision:
    return Decision(by=request.auth.get_username(), reason=reason)
