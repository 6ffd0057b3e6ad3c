"""Moderation: the comments that the caller may judge, and the judgement."""

from __future__ import annotations

from typing import Annotated, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import Request, must_write
from app.api.comments import CommentOut
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Line, Page, Strict, Text
from app.api.limits import limit
from app.blog import moderation
from app.blog.models import Comment
from app.site import limits

router = Router(tags=["comments"])

PER_PAGE = 50
REPLIES_PER_MINUTE = 20
StatusName = Literal["held", "approved", "spam", "deleted"]


class Judgement(Strict):
    status: StatusName


class ManyJudged(Strict):
    ids: Annotated[list[Id], Field(min_length=1, max_length=moderation.MOST)]
    status: StatusName


class ManyOut(Schema):
    """`changed`: the comments that have another status now, by the one before. `unchanged` had it already."""

    changed: dict[str, list[int]]
    unchanged: list[int]


class Reply(Strict):
    """`publish`: approve the comment with the reply where readers do not see it."""

    content: Annotated[Text, Field(min_length=1, max_length=limits.COMMENT)]
    publish: bool = False


@router.get("", response={200: list[CommentOut], 403: Problem, 422: Problem})
def list_to_judge(
    request: Request,
    status: StatusName = "held",
    page: Page = 1,
    post: Id | None = None,
    q: Annotated[Line, Field(max_length=100)] = "",
) -> QuerySet[Comment]:
    """List comments on your posts, or on all for editors, of one status, newest first, 50 to a page.

    `post` names one post, `q` words of the text or of the author's name.
    """
    must_write(request.auth)
    first = (page - 1) * PER_PAGE
    found = Comment.objects.moderated_by(request.auth).filter(status=status)
    found = found.filter(post_id=post) if post else found
    found = found.saying(q) if q else found
    return found.select_related("author__profile").order_by("-pk")[first : first + PER_PAGE]


@router.post("/judgements", response={200: ManyOut, 403: Problem, 422: Problem})
def judge_many(request: Request, payload: ManyJudged) -> moderation.Judged:
    """Give up to 100 comments one status: all of them, or none where one is not yours to judge. Safe to do twice."""
    must_write(request.auth)
    ids = set(payload.ids)
    chosen = Comment.objects.moderated_by(request.auth).filter(pk__in=ids)
    if missing := sorted(ids - set(chosen.values_list("pk", flat=True))):
        named = ", ".join(map(str, missing))
        raise Invalid({"ids": [_("Not among the comments that you may judge: %(ids)s. Nothing was changed.") % {"ids": named}]})
    return moderation.judge_many(chosen, payload.status)


@router.get("/{comment_id}", response={200: CommentOut, 403: Problem, 404: Problem})
def read_to_judge(request: Request, comment_id: Id) -> Comment:
    """Read one comment that you may judge."""
    return _judged(request, comment_id)


@router.put("/{comment_id}/status", response={200: CommentOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def judge(request: Request, comment_id: Id, payload: Judgement) -> Comment:
    """Approve a comment, hold it back, file it as spam or as deleted. Safe to do twice."""
    moderation.judge(_judged(request, comment_id), payload.status)
    return _judged(request, comment_id)


@router.post(
    "/{comment_id}/replies",
    response={201: CommentOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem},
)
def reply(request: Request, comment_id: Id, payload: Reply) -> Status[Comment]:
    """Answer a comment that you may judge, under your own name and visible at once.

    Refused with 409 while readers do not see the comment, unless `publish` approves it with the reply.
    """
    comment = _judged(request, comment_id)
    limit("comments", str(request.auth.pk), per_minute=REPLIES_PER_MINUTE)
    return Status(201, moderation.reply(comment, by=request.auth, content=payload.content, publish=payload.publish))


def _judged(request: Request, comment_id: int) -> Comment:
    """Return a comment that the caller may judge. Raises Forbidden, NotFound."""
    must_write(request.auth)
    judged = Comment.objects.moderated_by(request.auth).select_related("post", "author__profile")
    found = judged.filter(pk=comment_id).first()
    if found is None:
        raise NotFound
    return found
