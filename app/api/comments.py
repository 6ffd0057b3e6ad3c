"""Comments on a post."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import MaybeRequest, Request, optional
from app.api.errors import Invalid, Problem
from app.api.fields import Id, Strict, Text
from app.api.limits import limit
from app.api.permissions import visible_post
from app.blog.models import Comment
from app.site import limits

router = Router(tags=["comments"])

PER_MINUTE = 20
MOST = 500


class NewComment(Strict):
    content: Annotated[Text, Field(min_length=1, max_length=limits.COMMENT)]
    parent: Id | None = None


class CommentOut(Schema):
    id: int
    post: int
    parent: int | None
    author: str
    content: str
    content_html: str
    status: str
    created_at: datetime

    @staticmethod
    def resolve_post(comment: Comment) -> int:
        return comment.post_id

    @staticmethod
    def resolve_parent(comment: Comment) -> int | None:
        return comment.parent_id

    @staticmethod
    def resolve_author(comment: Comment) -> str:
        return comment.name


@router.get("/{post_id}/comments", auth=optional, response={200: list[CommentOut], 404: Problem})
def list_comments(request: MaybeRequest, post_id: Id) -> QuerySet[Comment]:
    """List the visible comments, oldest first, at most 500."""
    return visible_post(post_id, request.auth).comments.thread()[:MOST]


@router.post("/{post_id}/comments", response={201: CommentOut, 404: Problem, 409: Problem, 422: Problem, 429: Problem})
def create_comment(request: Request, post_id: Id, payload: NewComment) -> Status[Comment]:
    """Comment on a published post, under your own name."""
    limit("comments", str(request.auth.pk), per_minute=PER_MINUTE)
    post = visible_post(post_id, request.auth)
    parent = post.comments.thread().filter(pk=payload.parent).first() if payload.parent else None
    if payload.parent and parent is None:
        raise Invalid({"parent": [_("This post does not have that comment.")]})
    return Status(201, post.comment(author=request.auth, content=payload.content, parent=parent))
