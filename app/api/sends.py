"""Mailings of posts: every reader is counted once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.models import User
from app.api.auth import Request, must_enter_studio
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Page, Strict
from app.api.mailing import Audience, Preview, Subject, audience_of
from app.api.permissions import publishable_post
from app.newsletter import steering
from app.newsletter.announcing import announce_again, mail_the_rest
from app.newsletter.certificate import certify
from app.newsletter.models import Send
from owed import clock

router = Router(tags=["sends"])

PER_PAGE = 50


class Refusals(Schema):
    """How many of the `settled` emails, the last of the mailing, mail servers `refused` for good."""

    refused: int
    settled: int


class SendOut(Schema):
    id: int
    post: int
    round: int
    state: str
    candidates: int
    created_at: datetime
    finished_at: datetime | None
    paused_at: datetime | None
    paused_for: Annotated[Refusals | None, Field(description="Null where a person paused it.")]
    starts_at: datetime | None
    audience: str
    subject: str

    @staticmethod
    def resolve_post(send: Any) -> int:
        return int(send.post_id)

    @staticmethod
    def resolve_paused_for(send: Any) -> dict[str, int] | None:
        return send.paused_for if send.is_paused and send.paused_for else None


class SendIn(Strict):
    post: Id
    round: Id
    audience: Audience = ""
    subject: Subject = ""
    preview: Preview = ""


class SendDetail(SendOut):
    balance: dict[str, int]
    balances: bool


DECIDED = {200: SendDetail, 403: Problem, 404: Problem, 409: Problem}
"""What every decision about a mailing answers: the mailing as it is then; 409 where there is nothing to decide."""


@router.get("", response={200: list[SendOut], 403: Problem})
def list_sends(request: Request, post: Id | None = None, page: Page = 1) -> QuerySet[Send]:
    """List the mailings of your own posts, or all for editors and staff, newest first, 50 to a page."""
    must_enter_studio(request.auth)
    sends = _sends(request.auth)
    if post is not None:
        sends = sends.filter(post_id=post)
    first = (page - 1) * PER_PAGE
    return sends.order_by("-pk")[first : first + PER_PAGE]


@router.post("", response={201: SendOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def mail_again(request: Request, payload: SendIn) -> Status[Send]:
    """Mail a public post once more. `round` is that of its last mailing + 1: of two requests for it, one finds 409.

    1 is the first, of a post that was published without email.
    """
    post = publishable_post(payload.post, request.auth)
    worded = {"subject": payload.subject, "preview": payload.preview}
    asked = audience_of(payload.audience, post_id=post.pk)
    return Status(201, announce_again(post.pk, payload.round, by=request.auth.pk, now=clock.now(), audience=asked, **worded))


@router.post("/{send_id}/pause", response=DECIDED)
def pause(request: Request, send_id: Id) -> Send:
    """Let nothing more leave. Readers who wait are `pending`; a message that a worker has begun still goes."""
    send = _decided(request, send_id)
    steering.pause(send, by=request.auth.pk)
    return _now(send)


@router.post("/{send_id}/resume", response=DECIDED)
def resume(request: Request, send_id: Id) -> Send:
    """Go on with a paused mailing."""
    send = _decided(request, send_id)
    steering.resume(send)
    return _now(send)


@router.post("/{send_id}/cancel", response=DECIDED)
def cancel(request: Request, send_id: Id) -> Send:
    """Close it for all who wait: they are `skipped`, and do not get it."""
    send = _decided(request, send_id)
    steering.cancel(send)
    return _now(send)


@router.post("/{send_id}/failed", response=DECIDED)
def retry_failed(request: Request, send_id: Id) -> Send:
    """Send it again to those whose copy was refused."""
    send = _decided(request, send_id)
    steering.retry_failed(send)
    return _now(send)


@router.post("/{send_id}/rest", response=DECIDED)
def mail_rest(request: Request, send_id: Id) -> Send:
    """Mail the post to those from whom it was withheld, as it was withdrawn during the mailing."""
    send = _decided(request, send_id)
    mail_the_rest(send.pk)
    return _now(send)


@router.get("/{send_id}", response={200: SendDetail, 403: Problem, 404: Problem})
def read_send(request: Request, send_id: Id) -> Send:
    """Read one mailing with its balance: candidates = the sum of all the states."""
    must_enter_studio(request.auth)
    send = _sends(request.auth).filter(pk=send_id).first()
    if send is None:
        raise NotFound
    return send


@router.get("/{send_id}/certificate", response={200: Any, 403: Problem, 404: Problem, 409: Problem})
def read_certificate(request: Request, send_id: Id) -> StreamingHttpResponse:
    """Download the signed certificate of a mailing that is over, as a ZIP: `mailing.json` and `copies.csv`."""
    must_enter_studio(request.auth)
    send = _sends(request.auth).select_related("post").filter(pk=send_id).first()
    if send is None:
        raise NotFound
    return StreamingHttpResponse(certify(send), content_type="application/zip")


def _sends(user: User) -> QuerySet[Send]:
    sends = Send.objects.all()
    return sends if user.is_operator else sends.filter(post__author=user)


def _decided(request: Request, send_id: int) -> Send:
    """Return a mailing that the sender of the request may decide about. Raises NotFound, Forbidden."""
    send = Send.objects.filter(pk=send_id).first()
    if send is None:
        raise NotFound
    publishable_post(send.post_id, request.auth)
    return send


def _now(send: Send) -> Send:
    send.refresh_from_db()
    return send
