"""Moderation: the comments that the caller may judge, and the judgement."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from django.db.models import QuerySet
from ninja import Router

from app.api.auth import Request, must_write
from app.api.comments import CommentOut
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Page, Strict
from app.blog.errors import AlreadyApproved
from app.blog.models import Comment

router = Router(tags=["comments"])

PER_PAGE = 50
StatusName = Literal["held", "approved", "spam", "deleted"]


class Judgement(Strict):
    status: StatusName


@router.get("", response={200: list[CommentOut], 403: Problem, 422: Problem})
def list_to_judge(request: Request, status: StatusName = "held", page: Page = 1) -> QuerySet[Comment]:
    """List comments on your posts, or on all for editors, of one status, newest first, 50 to a page."""
    must_write(request.auth)
    first = (page - 1) * PER_PAGE
    found = Comment.objects.moderated_by(request.auth).filter(status=status)
    return found.select_related("author__profile").order_by("-pk")[first : first + PER_PAGE]


@router.get("/{comment_id}", response={200: CommentOut, 403: Problem, 404: Problem})
def read_to_judge(request: Request, comment_id: Id) -> Comment:
    """Read one comment that you may judge."""
    return _judged(request, comment_id)


@router.put("/{comment_id}/status", response={200: CommentOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def judge(request: Request, comment_id: Id, payload: Judgement) -> Comment:
    """Approve a comment, hold it back, file it as spam or as deleted. Safe to do twice."""
    comment = _judged(request, comment_id)
    if payload.status == "approved":
        with suppress(AlreadyApproved):
            comment.approve()
    else:
        comment.set_aside(payload.status)
    return _judged(request, comment_id)


def _judged(request: Request, comment_id: int) -> Comment:
    """Return a comment that the caller may judge. Raises Forbidden, NotFound."""
    must_write(request.auth)
    judged = Comment.objects.moderated_by(request.auth).select_related("post", "author__profile")
    found = judged.filter(pk=comment_id).first()
    if found is None:
        raise NotFound
    return found
