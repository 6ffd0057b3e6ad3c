"""The kept revisions of a post: the list, one of them, and restoring it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from app.api.auth import Request
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Page, Strict
from app.api.permissions import editable_post
from app.api.posts import FullPost, loaded
from app.blog import revisions as history
from app.blog.models import Post, Revision

router = Router(tags=["revisions"])

PER_PAGE = 50
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class RevisionOut(Schema):
    """`saved_by` is null where a program saved it, or an account that was erased."""

    number: int
    title: str
    saved_at: datetime
    saved_by: str | None
    restored_from: int | None

    @staticmethod
    def resolve_saved_by(revision: Revision) -> str | None:
        return revision.saved_by.username if revision.saved_by else None


class FullRevision(RevisionOut):
    excerpt: str
    content: str


class RevisionPage(Schema):
    items: list[RevisionOut]
    count: int
    page: int
    pages: int


class Restore(Strict):
    expected_revision: Annotated[
        int | None, Field(ge=1, description="409, and no change, if the post was edited since this revision.")
    ] = None


@router.get("/{post_id}/revisions", response={200: RevisionPage, 403: Problem, 404: Problem})
def list_revisions(request: Request, post_id: Id, page: Page = 1) -> dict[str, Any]:
    """List what is kept of a post that you may change, newest first, 50 to a page, without the texts."""
    found = Revision.objects.filter(post=editable_post(post_id, request.auth)).defer("excerpt", "content")
    count, first = found.count(), (page - 1) * PER_PAGE
    items = found.select_related("saved_by").order_by("-number")[first : first + PER_PAGE]
    return {"items": list(items), "count": count, "page": page, "pages": -(-count // PER_PAGE)}


@router.get("/{post_id}/revisions/{number}", response={200: FullRevision, 403: Problem, 404: Problem})
def read_revision(request: Request, post_id: Id, number: Number) -> Revision:
    """Read one revision with its text."""
    return _revision(editable_post(post_id, request.auth), number)


@router.post(
    "/{post_id}/revisions/{number}/restore",
    response={200: FullPost, 403: Problem, 404: Problem, 409: Problem, 413: Problem, 422: Problem},
)
def restore_revision(request: Request, post_id: Id, number: Number, payload: Restore | None = None) -> Post:
    """Make title, excerpt and text of a revision those of the post, as a new revision. Safe to do twice."""
    post = editable_post(post_id, request.auth)
    revision = _revision(post, number)
    with history.acting(request.auth):
        history.restore(post, revision, expected_revision=payload.expected_revision if payload else None)
    return loaded(post.pk)


def _revision(post: Post, number: int) -> Revision:
    found = Revision.objects.filter(post=post, number=number).select_related("saved_by").first()
    if found is None:
        raise NotFound
    return found
