"""A post's publication: made by publishing, taken away by withdrawing."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from ninja import Router, Schema, Status

from app.api.auth import Request
from app.api.errors import Problem
from app.api.fields import Id
from app.api.permissions import publishable_post

router = Router(tags=["publication"])


class Publication(Schema):
    post: int
    published_at: datetime
    url: str
    effects: str


@router.post("/{post_id}/publication", response={201: Publication, 403: Problem, 404: Problem, 409: Problem})
def publish(request: Request, post_id: Id) -> Status[dict[str, object]]:
    """Publish. The first request makes the publication; to any other, 409 says that it is already published."""
    post = publishable_post(post_id, request.auth)
    post.publish()
    url = settings.SITE_URL + post.get_absolute_url()
    effects = f"/api/v1/effects?about=post:{post.pk}"
    return Status(201, {"post": post.pk, "published_at": post.published_at, "url": url, "effects": effects})


@router.delete("/{post_id}/publication", response={204: None, 403: Problem, 404: Problem, 409: Problem})
def withdraw(request: Request, post_id: Id) -> Status[None]:
    """Withdraw. 409 when it is not published."""
    publishable_post(post_id, request.auth).withdraw()
    return Status(204, None)
