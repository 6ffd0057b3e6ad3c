"""Segments: filters of the mailing list under a name, which mailings can go to."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from app.api.auth import Request, must_manage_subscribers
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Visible
from app.api.subscribers import Wanted
from app.newsletter.models import Segment
from app.newsletter.subscriber_list import Filters

router = Router(tags=["subscribers"])


class SegmentIn(Wanted):
    """A name and a filter of subscribers; `after` has no meaning here."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Visible, Field(min_length=1, max_length=100)]

    def filters(self) -> Filters:
        return Filters(**{name: value for name, value in self.dict(exclude={"after", "name"}).items() if value})


class SegmentOut(Schema):
    """`filters` as in the list of subscribers; who is in it is looked up each time."""

    id: int
    name: str
    filters: dict[str, Any]


@router.get("", response={200: list[SegmentOut], 403: Problem})
def list_segments(request: Request) -> QuerySet[Segment]:
    """List saved filters by name, for editors."""
    must_manage_subscribers(request.auth)
    return Segment.objects.order_by("name")


@router.post("", response={201: SegmentOut, 403: Problem, 422: Problem})
def save_segment(request: Request, payload: SegmentIn) -> Status[Segment]:
    """Save a filter under a name, for audiences (`segment:<id>`)."""
    must_manage_subscribers(request.auth)
    filters = {name: str(value) for name, value in vars(payload.filters()).items() if value}
    if not filters:
        raise Invalid({"body": [_("Name at least one filter.")]})
    segment = Segment(name=payload.name, filters=filters, created_by=request.auth)
    segment.full_clean()
    segment.save()
    return Status(201, segment)


@router.delete("/{segment_id}", response={204: None, 403: Problem, 404: Problem})
def delete_segment(request: Request, segment_id: Id) -> Status[None]:
    """Forget a saved filter. Subscribers stay as they are."""
    must_manage_subscribers(request.auth)
    if not Segment.objects.filter(pk=segment_id).delete()[0]:
        raise NotFound
    return Status(204, None)
