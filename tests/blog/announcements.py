"""What the blog says by its signals, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post

SIGNALS = (
    "post_created",
    "post_published",
    "post_scheduled",
    "post_revised",
    "post_withdrawn",
    "post_deleted",
    "post_liked",
    "post_unliked",
    "comment_posted",
    "comment_approved",
    "comment_hidden",
)
Said = list[tuple[str, dict[str, Any]]]


def listener_of(name: str, heard: Said) -> Callable[..., None]:
    def listen(sender: type, signal: Any, **kwargs: Any) -> None:
        heard.append((name, kwargs))

    return listen


def names(said: Said) -> list[str]:
    return [name for name, _ in said]


def counts(user: User) -> tuple[int, int]:
    user.profile.refresh_from_db()
    return user.profile.post_count, user.profile.published_post_count


def publish(post: Post) -> None:
    post.publish(at=timezone.now())
