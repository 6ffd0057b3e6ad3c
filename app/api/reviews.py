"""A post on its way to readers: submitted for review, assigned, discussed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.rate_limit import PER_SENDER
from app.api.auth import Request
from app.api.errors import Forbidden, Invalid, Problem
from app.api.fields import Id, Strict, Text
from app.api.limits import limit
from app.api.permissions import editable_post, visible_post
from app.blog.models import Post
from app.team import reviews
from app.team.models import Note, Review
from app.team.models.review import NOTE
from owed import clock

router = Router(tags=["reviews"])

MOST = 500
Words = Annotated[Text, Field(max_length=NOTE)]


class LetterIn(Strict):
    """A letter to the editors, or to the author of a post that is given back; it is kept as a note."""

    text: Words = ""


class AssigneeIn(Strict):
    """The id of an editor or of the post's author; null: no one works on it."""

    assignee: Id | None


class NoteIn(Strict):
    text: Annotated[Text, Field(min_length=1, max_length=NOTE)]


class ReviewOut(Schema):
    is_waiting: bool
    submitted_at: datetime | None
    submitted_by: int | None
    assignee: int | None


class NoteOut(Schema):
    """`author` is the id of one of the team, null of an account that was erased."""

    id: int
    author: int | None
    text: str
    created_at: datetime

    @staticmethod
    def resolve_author(note: Note) -> int | None:
        return note.author_id


@router.get("/{post_id}/review", response={200: ReviewOut, 403: Problem, 404: Problem})
def read_review(request: Request, post_id: Id) -> dict[str, Any]:
    """Read whether the post waits for review, and who works on it."""
    return _shown(_discussed(request, post_id))


@router.post(
    "/{post_id}/review", response={200: ReviewOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem}
)
def submit(request: Request, post_id: Id, payload: LetterIn) -> dict[str, Any]:
    """Submit a post for review. Every editor gets a letter."""
    post = editable_post(post_id, request.auth)
    _limit(request)
    reviews.submit(post, payload.text, by=request.auth, now=clock.now())
    return _shown(post)


@router.delete("/{post_id}/review", response={200: ReviewOut, 403: Problem, 404: Problem, 409: Problem})
def give_back(request: Request, post_id: Id) -> dict[str, Any]:
    """Let the post wait for review no longer."""
    post = _discussed(request, post_id)
    reviews.give_back(post, "", by=request.auth)
    return _shown(post)


@router.put("/{post_id}/assignee", response={200: ReviewOut, 403: Problem, 404: Problem, 422: Problem})
def assign(request: Request, post_id: Id, payload: AssigneeIn) -> dict[str, Any]:
    """Say who works on the post; for editors."""
    post = _discussed(request, post_id)
    if not request.auth.edits_everything:
        raise Forbidden(_("Only editors assign posts."))
    to = reviews.assignees(post).filter(pk=payload.assignee).first() if payload.assignee else None
    if payload.assignee and to is None:
        raise Invalid({"assignee": [_("Choose an editor, or the post's author.")]})
    reviews.assign(post, to, by=request.auth, now=clock.now())
    return _shown(post)


@router.get("/{post_id}/notes", response={200: list[NoteOut], 403: Problem, 404: Problem})
def list_notes(request: Request, post_id: Id) -> list[Note]:
    """List the team's notes on the post, oldest first, at most 500."""
    return list(_discussed(request, post_id).notes.order_by("pk")[:MOST])


@router.post("/{post_id}/notes", response={201: NoteOut, 403: Problem, 404: Problem, 422: Problem, 429: Problem})
def add_note(request: Request, post_id: Id, payload: NoteIn) -> Status[Note]:
    """Add a note. Those who work on the post get it by email."""
    post = _discussed(request, post_id)
    _limit(request)
    return Status(201, reviews.add_note(post, payload.text, by=request.auth))


def _discussed(request: Request, post_id: int) -> Post:
    """Return a post that the caller may discuss. Raises NotFound, Forbidden."""
    post = visible_post(post_id, request.auth)
    if not request.auth.can_discuss(post):
        raise Forbidden(_("Only the author of a post and editors see what the team says about it."))
    return post


def _limit(request: Request) -> None:
    limit("notes", str(request.auth.pk), per_minute=PER_SENDER)


def _shown(post: Post) -> dict[str, Any]:
    review = Review.objects.select_related("post").filter(post=post).first() or Review(post=post)
    return {
        "is_waiting": review.is_waiting,
        "submitted_at": review.submitted_at,
        "submitted_by": review.submitted_by_id,
        "assignee": review.assignee_id,
    }
