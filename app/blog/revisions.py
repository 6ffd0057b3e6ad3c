"""Keep what a post said before and after each change of its text, and bring it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import transaction

from app.accounts.models import User
from app.blog.models.revision import Revision
from owed.sql import run

if TYPE_CHECKING:
    from app.blog.models.post import Post

TEXT = frozenset({"title", "content", "excerpt"})
MOST = 200  # of a post
# The row itself is copied, so that the text does not travel once more, and what is known already is left out.
KEEP = """
INSERT INTO blog_revision (post_id, number, title, excerpt, content, saved_at, saved_by_id)
SELECT id, revision, title, excerpt, content, updated_at, %(by)s FROM blog_post
WHERE id = %(post)s AND NOT EXISTS (
    SELECT FROM (SELECT * FROM blog_revision WHERE post_id = %(post)s ORDER BY number DESC LIMIT 1) AS newest
    WHERE (newest.title, newest.excerpt, newest.content) = (blog_post.title, blog_post.excerpt, blog_post.content))
ON CONFLICT (post_id, number) DO NOTHING
"""
FORGET = """
DELETE FROM blog_revision WHERE post_id = %(post)s AND number <= (
    SELECT number FROM blog_revision WHERE post_id = %(post)s ORDER BY number DESC OFFSET %(most)s LIMIT 1)
"""
_actor: ContextVar[int | None] = ContextVar("blog_actor", default=None)


@contextmanager
def acting(user: User) -> Iterator[None]:
    """Say who makes the changes inside."""
    token = _actor.set(user.pk)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def kept(post: Post, edits: set[str]) -> Iterator[None]:
    """Keep the text of the locked row before and after the UPDATE inside, if it changes the text."""
    if not edits & TEXT:
        yield
        return
    run(KEEP, {"post": post.pk, "by": None})
    yield
    run(KEEP, {"post": post.pk, "by": _actor.get()})
    run(FORGET, {"post": post.pk, "most": MOST})


def keep_first(post: Post) -> None:
    """Keep the text of a new post where a person wrote it. An import does without: the first change keeps what was there."""
    if (by := _actor.get()) is not None:
        run(KEEP, {"post": post.pk, "by": by})


@transaction.atomic
def restore(post: Post, revision: Revision, *, expected_revision: int | None = None) -> bool:
    """Make the text of an earlier revision that of the post, as a new revision. Return whether it was another text.

    Raises RevisedMeanwhile, PostGone.
    """
    before = post.revision
    post.revise(expected_revision=expected_revision, title=revision.title, excerpt=revision.excerpt, content=revision.content)
    Revision.objects.filter(post=post, number=post.revision, number__gt=before).update(restored_from=revision.number)
    return post.revision > before


def latest(post: Post) -> Revision | None:
    """Return the newest kept revision of the post."""
    return Revision.objects.filter(post=post).select_related("saved_by__profile").order_by("-number").first()
