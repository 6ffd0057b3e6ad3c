"""The feeds follow the posts."""

from app.feeds import following
from app.feeds.building import update_rss_feed
from owed.celery import effect


@effect("feeds.follow", batch=100)
def follow(*, post_ids: list[int]) -> None:
    """Owe a refresh of each feed that shows these posts now; old posts' feeds catch up at a pace."""
    following.follow(post_ids)


@effect("feeds.relabel")
def relabel(*, post_ids: list[int]) -> None:
    """Owe a refresh of each feed that shows these posts: a name beside them is another."""
    following.follow(post_ids)


@effect("feeds.refresh", batch=20, debounce=1.0, timeout=120)
def refresh(*, scopes: list[str]) -> None:
    """Bring these scopes' feeds up to date. Reads what is public now, so that order does not matter."""
    update_rss_feed(scopes=scopes)
