"""A post on its way to readers: submitted, assigned, discussed, given back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from app.accounts.models import User
from app.blog.errors import PostGone
from app.blog.models import Post, Status
from app.blog.placement import locked
from app.log.actions import Action
from app.log.models import Entry
from app.team import effects
from app.team.errors import IsPublic, NoEditor, NotSubmitted
from app.team.models import Note, Review
from owed import owe


@transaction.atomic
def submit(post: Post, letter: str, *, by: User, now: datetime) -> Review:
    """Let the post wait for review and owe the editors a letter. Raises IsPublic, PostGone.

    One that waits already is submitted once more, with another letter.
    """
    placement = _lock(post)
    if placement.status not in {Status.DRAFT, Status.WITHDRAWN}:
        raise IsPublic
    review = _write(post, submitted_at=now, submitted_by=by, round=F("round") + 1)
    if letter:
        Note.objects.create(post=post, author=by, text=letter, round=review.round)
    owe(effects.submitted.si(post_id=post.pk, round=review.round), about=post)
    Entry.objects.note(Action.POST_SUBMITTED, post, post.title, round=review.round)
    return review


@transaction.atomic
def give_back(post: Post, why: str, *, by: User) -> None:
    """Let the post wait no longer, with a note to its author. Raises NotSubmitted, PostGone."""
    _lock(post)
    if not Review.objects.filter(post=post, submitted_at__isnull=False).update(submitted_at=None):
        raise NotSubmitted
    if why:
        _owe_note(Note.objects.create(post=post, author=by, text=why))
    Entry.objects.note(Action.POST_RETURNED, post, post.title)


@transaction.atomic
def assign(post: Post, to: User | None, *, by: User, now: datetime) -> Review:
    """Say who works on the post, or that no one does, and notify them. Raises NoEditor, PostGone."""
    _lock(post)
    if to is not None and not assignees(post).filter(pk=to.pk).exists():
        raise NoEditor
    before = Review.objects.filter(post=post).values_list("assignee", flat=True).first()
    review = _write(post, assignee=to)
    if (to.pk if to else None) != before:
        Entry.objects.note(Action.POST_ASSIGNED, post, post.title, to=to.pk if to else None)
        if to is not None and to.pk != by.pk:
            owe(effects.assigned.si(post_id=post.pk, user_id=to.pk, by_id=by.pk, at=int(now.timestamp())), about=post)
    return review


@transaction.atomic
def add_note(post: Post, text: str, *, by: User) -> Note:
    """Say something about the post to those who work on it. Raises PostGone."""
    _lock(post)
    note = Note.objects.create(post=post, author=by, text=text)
    _owe_note(note)
    Entry.objects.note(Action.POST_NOTED, post, post.title)
    return note


def assignees(post: Post) -> Any:
    """Return who may work on the post: its author, and those who edit everything."""
    author = Q(pk=post.author_id) & Q(pk__in=User.objects.writers().values("pk"))
    editors = Q(pk__in=User.objects.editors().values("pk"))
    return User.objects.filter(author | editors).select_related("profile").order_by("username")


def _lock(post: Post) -> Any:
    placement = locked(post.pk)
    if placement is None:
        raise PostGone
    return placement


def _write(post: Post, **values: Any) -> Review:
    """Write the row of a post that is locked, made where it is missing."""
    Review.objects.get_or_create(post=post)
    Review.objects.filter(post=post).update(**values)
    return Review.objects.select_related("assignee__profile").get(post=post)


def _owe_note(note: Note) -> None:
    owe(effects.noted.si(note_id=note.pk), about=note.post)
