"""Figures: views into counts, what is trending, what a reader did."""

from app.stats import daily, effects, page_views, retention
from app.stats.activity import track_user_activity
from app.stats.trending import update_trending_posts
from owed import clock, task


@effects.fold.runs_many
def fold(post_ids: list[int]) -> None:
    page_views.fold(post_ids)


@effects.rank.runs_many
def rank(post_ids: list[int]) -> None:
    update_trending_posts()


@effects.track.runs
def track(*, verb: str, post_id: int, user_id: int) -> None:
    track_user_activity(user_id, verb, post_id)


@task("stats.forget", timeout=300)
def forget() -> None:
    """Remove what is older than its time."""
    retention.forget(clock.now())


@effects.count.runs_many
def count(days: list[str]) -> None:
    daily.count_days(days, clock.now())


@task("stats.count_recent", timeout=60)
def count_recent() -> None:
    """Owe a count of today and yesterday, and of each day of the last year that has none."""
    daily.owe_counts(clock.now())
