"""What became of the posts of a chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import DatabaseError

from app.importer.links import PlannedPost
from app.importer.models import Done
from app.importer.source import SourceImage


@dataclass(kw_only=True)
class Outcome:
    """What became of one post. `missing` are images that could not be stored, `taken` old addresses that another post has.

    `new_media` and `new_comments` are ids of what was stored with it, `addresses` how many old ones lead to it. `found_id` is
    the post that was here before, `post_id` the one that was written.
    """

    planned: PlannedPost
    done: Done
    reason: str = ""
    missing: list[SourceImage] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    images: int = 0
    comments: int = 0
    addresses: int = 0
    new_media: list[int] = field(default_factory=list)
    new_comments: list[int] = field(default_factory=list)
    found_id: int | None = None
    post_id: int | None = None
    published: bool = False
    scheduled: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """Ids of what a chunk had to make for its posts."""

    users: list[int]
    tags: list[int]
    categories: list[int]


Keep = Callable[[Sequence[Outcome], Made], None]
"""Called in the transaction of each chunk, when it is written."""


def reason_of(error: Exception) -> str:
    """Return why, in one line without values: a database's message may quote a whole post."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, DatabaseError):
        return f"the database refused it ({type(error).__name__})"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
