"""The feeds follow the posts."""

from app.feeds import effects, following
from app.feeds.building import update_rss_feed


@effects.follow.runs_many
def follow(post_ids: list[int]) -> None:
    following.follow(post_ids)


@effects.relabel.runs
def relabel(*, post_ids: list[int]) -> None:
    following.follow(post_ids)


@effects.rename.runs
def rename() -> None:
    following.rename()


@effects.refresh.runs_many
def refresh(scopes: list[str]) -> None:
    update_rss_feed(scopes=scopes)
