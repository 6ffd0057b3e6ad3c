"""What is decided about one of the team. Who may decide is asked before, of the verbs of User."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from app.accounts.models import LastAdministrator, User
from app.blog.changes import change
from app.blog.errors import PostGone
from app.blog.models import Post
from app.log.actions import Action
from app.log.models import Entry
from app.members.models import EmailChange
from app.team import effects
from app.team.errors import ChangedMeanwhile, LastOne, NoPosts, NotActive, NotDeactivated, NoWriter
from app.team.models import Invitation, Outcome
from owed import gather, owe

A_PART = 25
"""Posts that one effect moves: each shows elsewhere, and is locked meanwhile."""


def everyone() -> list[User]:
    """Return the team by name, those who were deactivated last, each with the number of posts."""
    people = User.objects.team().select_related("profile").annotate(number=Count("posts"))
    return list(people.order_by("-is_active", "username"))


@transaction.atomic
def change_role(member: User, role: str) -> None:
    """Give another role. Raises LastOne, ChangedMeanwhile."""
    before = member.team_role
    if before == role:
        return
    with _keeping_one():
        if not member.change_team_role(role):
            raise ChangedMeanwhile
    Entry.objects.note(Action.TEAM_ROLE, member, before=before, role=role)


@transaction.atomic
def deactivate(member: User, *, now: datetime) -> None:
    """Close the account for now, and all that opens it: sessions, tokens, invitations, a change of address.

    Raises LastOne, NotActive.
    """
    with _keeping_one():
        if not member.deactivate():
            raise NotActive
    Invitation.objects.filter(invited_by=member, closed_at=None).update(closed_at=now, outcome=Outcome.REVOKED)
    EmailChange.objects.filter(user=member, closed_at=None).update(closed_at=now)
    Entry.objects.note(Action.TEAM_DEACTIVATED, member)


@transaction.atomic
def reactivate(member: User) -> None:
    """Open the account again: with its password, and no session or token from before. Raises NotDeactivated."""
    if not member.reactivate():
        raise NotDeactivated
    Entry.objects.note(Action.TEAM_REACTIVATED, member)


@transaction.atomic
def transfer(member: User, to: User) -> int:
    """Owe it that all posts of one get another author. Return how many there are. Raises NoWriter, NoPosts."""
    if to.pk == member.pk or not to.can_write():
        raise NoWriter
    ids = list(Post.objects.filter(author=member).order_by("-pk").values_list("pk", flat=True))
    if not ids:
        raise NoPosts
    owe(effects.transfer_posts.si(from_id=member.pk, to_id=to.pk, up_to=ids[0]), about=member)
    Entry.objects.note(Action.TEAM_TRANSFERRED, member, to=to.pk, number=len(ids))
    return len(ids)


def move_posts(from_id: int, to_id: int, up_to: int) -> None:
    """Move the next posts and owe the rest. Safe to do twice: what was moved is not found again."""
    to = User.objects.filter(pk=to_id).first()
    if to is None:
        return
    with change(), gather():
        theirs = Post.objects.filter(author=from_id, pk__lte=up_to).order_by("pk")[: A_PART + 1]
        posts = list(theirs)
        for post in posts[:A_PART]:
            _move(post, to)
        if len(posts) > A_PART:
            owe(effects.transfer_posts.si(from_id=from_id, to_id=to_id, up_to=up_to), about=f"user:{from_id}")


def _move(post: Post, to: User) -> None:
    try:
        post.revise(author=to)
    except PostGone:
        return


@contextmanager
def _keeping_one() -> Iterator[None]:
    try:
        yield
    except LastAdministrator:
        raise LastOne from None
