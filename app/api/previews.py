"""Links that show a post before it is published."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from django.conf import settings
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import Request
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Strict
from app.api.permissions import editable_post
from app.blog.models import PreviewLink
from app.blog.pages import PREVIEW

router = Router(tags=["previews"])

LISTED = 100


class PreviewIn(Strict):
    days: Annotated[int, Field(ge=1, le=90)] = 7


class PreviewOut(Schema):
    id: int
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    revoked_at: datetime | None

    @staticmethod
    def resolve_created_by(link: PreviewLink) -> str | None:
        return link.created_by.username if link.created_by else None


class NewPreview(PreviewOut):
    """With its address, which cannot be read again."""

    url: str


@router.get("/{post_id}/previews", response={200: list[PreviewOut], 403: Problem, 404: Problem})
def list_previews(request: Request, post_id: Id) -> list[PreviewLink]:
    """List the newest 100 links to a post that you may change, without their addresses."""
    links = PreviewLink.objects.filter(post=editable_post(post_id, request.auth)).select_related("created_by")
    return list(links.order_by("-created_at", "-pk")[:LISTED])


@router.post("/{post_id}/previews", response={201: NewPreview, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def create_preview(request: Request, post_id: Id, payload: PreviewIn | None = None) -> Status[PreviewLink]:
    """Make a link that shows the saved post to anyone who has it. 409 where 50 are open."""
    days = (payload or PreviewIn()).days
    link, token = PreviewLink.objects.issue(editable_post(post_id, request.auth), request.auth, timedelta(days=days))
    link.url = settings.SITE_URL + PREVIEW.url(token)  # type: ignore[attr-defined]
    return Status(201, link)


@router.delete("/{post_id}/previews/{preview_id}", response={204: None, 403: Problem, 404: Problem})
def revoke_preview(request: Request, post_id: Id, preview_id: Id) -> Status[None]:
    """Revoke a link. Safe to do twice."""
    link = PreviewLink.objects.filter(post=editable_post(post_id, request.auth), pk=preview_id).first()
    if link is None:
        raise NotFound
    link.revoke()
    return Status(204, None)
