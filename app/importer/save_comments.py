"""Store the comments of imported posts: readers see them at once, and no one is notified of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F

from app.blog.changes import change
from app.blog.markdown import render_comment
from app.blog.models import Comment, CommentStatus, Post
from app.importer.models import ImportedComment, Origin
from app.importer.source import SourceComment


def save_comments(origin: Origin, post: Post, comments: Sequence[SourceComment]) -> list[int]:
    """Add the comments that are new. Return their ids. One that was deleted here stays deleted.

    They are inserted past the model's verbs, which would judge and announce each of them: they were judged years ago.
    """
    known = dict(origin.comments.values_list("key", "comment_id")) if comments else {}
    new = sorted((each for each in comments if each.key[:100] not in known), key=lambda each: each.created_at)
    if not new:
        return []
    made = Comment.objects.bulk_create([_comment(each, post) for each in new])
    ids: dict[str, int | None] = {**known, **{source.key[:100]: comment.pk for source, comment in zip(new, made, strict=True)}}
    ImportedComment.objects.bulk_create(
        ImportedComment(origin=origin, key=source.key[:100], comment=comment) for source, comment in zip(new, made, strict=True)
    )
    _answer(new, made, ids)
    _count(post, made)
    return [comment.pk for comment in made]


def _comment(source: SourceComment, post: Post) -> Comment:
    return Comment(
        post=post,
        guest_name=source.name,
        guest_email=_email(source.email),
        content=source.content,
        content_html=render_comment(source.content),
        status=CommentStatus.APPROVED if source.approved else CommentStatus.HELD,
        created_at=source.created_at,
        announced_at=source.created_at if source.approved else None,
    )


def _email(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def _answer(new: Sequence[SourceComment], made: Sequence[Comment], ids: dict[str, int | None]) -> None:
    """Let answers refer to what they answer, now that all of them have an id."""
    answers = []
    for source, comment in zip(new, made, strict=True):
        parent = ids.get(source.parent[:100]) if source.parent else None
        if parent is not None and parent != comment.pk:
            comment.parent_id = parent
            answers.append(comment)
    if answers:
        Comment.objects.bulk_update(answers, ["parent"])


def _count(post: Post, made: Sequence[Comment]) -> None:
    visible = sum(comment.status == CommentStatus.APPROVED for comment in made)
    if visible:
        with change() as changing:
            Post.objects.filter(pk=post.pk).update(comment_count=F("comment_count") + visible)
            changing.touch(f"post:{post.pk}")
