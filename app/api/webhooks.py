"""Webhooks: your endpoints, made, changed and tried out; the events that each is called about; what became of the calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.rate_limit import PER_SENDER
from app.api.auth import Request, must_write
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Line, Page, Strict, Visible
from app.api.limits import limit
from app.blog.errors import Refused
from app.social.models import Account
from app.social.networks.base import CannotConnect
from app.social.sharing import remove, resume
from app.webhooks import endpoints
from app.webhooks.choosing import choices_for, choose, endpoints_of
from app.webhooks.models import Call
from owed import clock

router = Router(tags=["webhooks"])

PER_PAGE = 50
TESTS_A_MINUTE = 10


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


Events = Annotated[list[Annotated[Line, Field(max_length=40)]], Field(max_length=50)]
Name = Annotated[Visible, Field(min_length=1, max_length=100)]
Url = Annotated[Line, Field(min_length=1, max_length=500)]


class EventsIn(Strict):
    events: Events


class NewWebhook(Strict):
    """Without `events` it gets posts."""

    name: Name
    url: Url
    events: Events | None = None


class WebhookChange(Strict):
    """What is left out stays. `active` switches it off, and on again with what it missed."""

    name: Name | None = None
    url: Url | None = None
    active: bool | None = None


class RotationIn(Strict):
    """`keep_old`: the secret before signs each call as well, until the next rotation. Without it, it signs no more."""

    keep_old: bool = True


class SecretOut(Schema):
    """The secret in clear: it cannot be shown again."""

    secret: str


class CreatedWebhook(EndpointOut):
    """`secret` in clear: it cannot be shown again."""

    secret: str


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


@router.post("", response={201: CreatedWebhook, 403: Problem, 422: Problem, 429: Problem})
def create_webhook(request: Request, payload: NewWebhook) -> Status[Account]:
    """Connect a webhook. The same address again renews its secret. One that can never be called from here is refused."""
    must_write(request.auth)
    limit("webhook", str(request.auth.pk), per_minute=PER_SENDER)
    with _by_field():
        return Status(201, endpoints.create(request.auth, payload.name, payload.url, payload.events))


@router.patch("/{webhook_id}", response={200: EndpointOut, 403: Problem, 404: Problem, 422: Problem, 429: Problem})
def change_webhook(request: Request, webhook_id: Id, payload: WebhookChange) -> Account:
    """Give a webhook another name or address, or switch it off or on. Its secret stays."""
    endpoint = _mine(request, webhook_id)
    limit("webhook", str(request.auth.pk), per_minute=PER_SENDER)
    with _by_field():
        if payload.url is not None:
            endpoints.move(endpoint, payload.url)
    if payload.name is not None:
        endpoints.rename(endpoint, payload.name)
    if payload.active is not None:
        _switch(endpoint, on=payload.active)
    return endpoint


@router.delete("/{webhook_id}", response={204: None, 403: Problem, 404: Problem, 422: Problem})
def delete_webhook(request: Request, webhook_id: Id) -> Status[None]:
    """Remove a webhook: its secret is forgotten, and what went through it stays in the lists."""
    remove(_mine(request, webhook_id), now=clock.now())
    return Status(204, None)


@router.post("/{webhook_id}/secret", response={201: SecretOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def rotate_secret(request: Request, webhook_id: Id, payload: RotationIn) -> Status[dict[str, str]]:
    """Make another secret for a webhook, and show it this once."""
    return Status(201, {"secret": endpoints.rotate(_mine(request, webhook_id), keep_old=payload.keep_old)})


@router.post(
    "/{webhook_id}/tests", response={202: CallOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem}
)
def test_webhook(request: Request, webhook_id: Id) -> Status[Call]:
    """Owe a call of the type `webhook.test`, signed like every other. The list of calls says what became of it."""
    endpoint = _mine(request, webhook_id)
    limit("webhook.test", str(endpoint.pk), per_minute=TESTS_A_MINUTE)
    return Status(202, endpoints.try_out(endpoint))


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


@contextmanager
def _by_field() -> Iterator[None]:
    """Say of which field it is what the room refuses. Raises Invalid."""
    try:
        yield
    except CannotConnect as error:
        raise Invalid({"url": [str(error)]}) from None
    except Refused as error:
        raise Invalid({"events": [str(error)]}) from None


def _switch(endpoint: Account, *, on: bool) -> None:
    if on:
        resume(endpoint, now=clock.now())
    else:
        endpoint.disable()
    endpoint.refresh_from_db()
