"""The tutorial's names for this room's work; callable without Celery."""

from __future__ import annotations

from app.accounts.models import User
from app.blog.models import Post
from app.effects import clock
from app.stats import activity, trending


def track_user_activity(user: User | None, verb: str, post: Post) -> bool:
    """Note what a signed-in reader did; a visitor without account leaves no trace here."""
    if user is None or user.pk is None:
        return False
    return activity.track(verb, post_id=post.pk, user_id=user.pk, at=clock.now())


def update_trending_posts() -> None:
    """Compute the ranking anew."""
    trending.rank(clock.now())
