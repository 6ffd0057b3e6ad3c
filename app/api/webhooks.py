"""Webhooks: your endpoints, the events that each is called about, and what became of the calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from ninja import Router, Schema
from pydantic import Field

from app.api.auth import Request, must_write
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Line, Page, Strict
from app.blog.errors import Refused
from app.social.models import Account
from app.webhooks.choosing import choices_for, choose, endpoints_of
from app.webhooks.models import Call

router = Router(tags=["webhooks"])

PER_PAGE = 50


class EndpointOut(Schema):
    """`events`: what it is called about; `post` is all three events of posts. `choices`: what its owner may choose."""

    id: int
    name: str
    endpoint: str
    active: bool
    error: str
    events: list[str]
    choices: list[str]

    @staticmethod
    def resolve_choices(account: Account) -> list[str]:
        return [name for name, _label in choices_for(account)]


class EventsIn(Strict):
    events: Annotated[list[Annotated[Line, Field(max_length=40)]], Field(max_length=50)]


class CallOut(Schema):
    """`id` of the message is the header webhook-id; `failed` may be tried again, `skipped` is not."""

    id: int
    message_id: str
    event: str
    at: datetime
    state: str
    attempts: int
    error: str
    settled_at: datetime | None


@router.get("", response={200: list[EndpointOut], 403: Problem})
def list_webhooks(request: Request) -> QuerySet[Account]:
    """List your webhooks by name, or everyone's for editors. Their secrets are shown once, when they are connected."""
    must_write(request.auth)
    return endpoints_of(request.auth).select_related("owner").order_by("name", "pk")


@router.put("/{webhook_id}/events", response={200: EndpointOut, 403: Problem, 404: Problem, 422: Problem})
def choose_events(request: Request, webhook_id: Id, payload: EventsIn) -> Account:
    """Replace the events that a webhook is called about, from now on."""
    endpoint = _mine(request, webhook_id)
    try:
        choose(endpoint, payload.events)
    except Refused as error:
        raise Invalid({"events": [str(error)]}) from None
    return endpoint


@router.get("/{webhook_id}/calls", response={200: list[CallOut], 403: Problem, 404: Problem, 422: Problem})
def list_calls(request: Request, webhook_id: Id, page: Page = 1) -> QuerySet[Call]:
    """List the calls about events besides posts, newest first, 50 to a page."""
    first = (page - 1) * PER_PAGE
    return Call.objects.filter(account=_mine(request, webhook_id)).order_by("-pk")[first : first + PER_PAGE]


def _mine(request: Request, webhook_id: int) -> Account:
    """Return a webhook that the caller manages. Raises Forbidden, NotFound."""
    must_write(request.auth)
    found = endpoints_of(request.auth).select_related("owner").filter(pk=webhook_id).first()
    if found is None:
        raise NotFound
    return found
