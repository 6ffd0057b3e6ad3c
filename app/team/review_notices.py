"""Who is notified of a submission, a note, an assignment."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from app.accounts.models import User
from app.notices.models import Notice
from app.team.kinds.assigned import AssignedNotice
from app.team.kinds.noted import NotedNotice
from app.team.kinds.submitted import SubmittedNotice
from app.team.models import Note, Review


@transaction.atomic
def notify_editors(post_id: int, round: int) -> None:
    """Owe a letter to each editor but the one who submitted. Those of an earlier round are owed no more than once."""
    review = Review.objects.filter(post=post_id, round=round).first()
    if review is None:
        return
    for editor in User.objects.editors().exclude(pk=review.submitted_by_id or 0).order_by("pk"):
        key = f"post:{post_id}/{round}"
        Notice.objects.owe(editor, SubmittedNotice, key, post_id=post_id, actor_id=review.submitted_by_id)


@transaction.atomic
def notify_of_note(note_id: int) -> None:
    """Owe a notice to the author of the post, to who works on it, and to those who wrote notes on it and may still see it."""
    note = Note.objects.select_related("post").filter(pk=note_id).first()
    if note is None:
        return
    post = note.post
    wrote = Note.objects.filter(post=post).exclude(author=None).values("author")
    editors = User.objects.editors().filter(Q(pk__in=wrote) | Q(assigned__post=post))
    concerned = User.objects.filter(Q(pk=post.author_id) | Q(pk__in=editors.values("pk")), is_active=True)
    for person in concerned.exclude(pk=note.author_id or 0).order_by("pk"):
        Notice.objects.owe(person, NotedNotice, f"note:{note.pk}", post_id=post.pk, actor_id=note.author_id)


@transaction.atomic
def notify_assignee(post_id: int, user_id: int, by_id: int, at: int) -> None:
    """Owe one a notice that the post is theirs to work on, where it still is."""
    person = User.objects.filter(pk=user_id, is_active=True, assigned__post=post_id).first()
    if person is not None:
        Notice.objects.owe(person, AssignedNotice, f"post:{post_id}/{at}", post_id=post_id, actor_id=by_id)
