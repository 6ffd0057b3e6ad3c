"""Figures: views into counts, what is trending, what a reader did."""

from app.stats import page_views, retention
from app.stats.tutorial import track_user_activity, update_trending_posts
from owed import clock
from owed.celery import effect


@effect("stats.fold", batch=100, debounce=1.0)
def fold(*, post_ids: list[int]) -> None:
    """Add what was seen to these posts' counts."""
    page_views.fold(post_ids)


@effect("stats.rank", batch=500, debounce=5.0)
def rank(*, post_ids: list[int]) -> None:
    """Rank what is read now. Whatever changed, the ranking is computed as a whole."""
    update_trending_posts()


@effect("stats.track")
def track(*, verb: str, post_id: int, user_id: int) -> None:
    """Note what a reader did."""
    track_user_activity(user_id, verb, post_id)


@effect("stats.forget", timeout=300)
def forget() -> None:
    """Remove what is older than its time."""
    retention.forget(clock.now())
