"""The tutorial's names for this room's work; callable without Celery."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from app.accounts.models import User
from app.blog.models import Post
from app.stats import activity, trending
from owed import clock


def track_user_activity(user: User | int | None, verb: str, post: Post | int) -> bool:
    """Note what a signed-in reader did; a visitor without account leaves no trace here. Raises ValueError."""
    user_id = _pk(user)
    if user_id is None:
        return False
    return activity.track(verb, post_id=_pk(post), user_id=user_id, at=clock.now())


def update_trending_posts() -> None:
    """Compute the ranking again."""
    trending.rank(clock.now())


def _pk(subject: Model | int | None) -> Any:
    return subject.pk if isinstance(subject, Model) else subject
