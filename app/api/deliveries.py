"""The single copies of a mailing, without any address, and sending one again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from ninja import Router, Schema

from app.api.auth import Request, must_enter_studio
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Page
from app.api.permissions import publishable_post, watched_post
from app.newsletter import steering
from app.newsletter.models import Delivery, Send

router = Router(tags=["sends"])
copies = Router(tags=["sends"])

PER_PAGE = 100
StateName = Literal["pending", "submitting", "sent", "failed", "suppressed", "skipped", "unknown", "withheld", "digest"]


class DeliveryOut(Schema):
    id: int
    state: str
    attempts: int
    error: str
    submitted_at: datetime | None
    finished_at: datetime | None


@router.get("/{send_id}/deliveries", response={200: list[DeliveryOut], 403: Problem, 404: Problem, 422: Problem})
def list_deliveries(request: Request, send_id: Id, state: StateName | None = None, page: Page = 1) -> QuerySet[Delivery]:
    """List the copies of one mailing, 100 to a page. Those of an old mailing are only counted (`balance`)."""
    must_enter_studio(request.auth)
    send = Send.objects.filter(pk=send_id).first()
    if send is None:
        raise NotFound
    watched_post(send.post_id, request.auth)
    found = Delivery.objects.filter(send=send)
    first = (page - 1) * PER_PAGE
    return (found.filter(state=state) if state else found).order_by("pk")[first : first + PER_PAGE]


@copies.post("/{delivery_id}/again", response={200: DeliveryOut, 403: Problem, 404: Problem, 409: Problem})
def send_again(request: Request, delivery_id: Id) -> Delivery:
    """Send one copy again that failed, or of which it is not known whether it arrived. 409 for any other."""
    delivery = Delivery.objects.select_related("send").filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound
    publishable_post(delivery.post_id, request.auth)
    steering.resend(delivery)
    delivery.refresh_from_db()
    return delivery
