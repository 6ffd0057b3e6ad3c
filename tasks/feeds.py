"""The feeds follow the posts."""

from app.effects import clock
from app.effects.celery import effect
from app.feeds import building


@effect("feeds.follow", batch=100)
def follow(*, post_ids: list[int]) -> None:
    """Owe a refresh of each feed on which these posts stand now."""
    building.follow(post_ids)


@effect("feeds.refresh", batch=100, debounce=1.0, timeout=120)
def refresh(*, scopes: list[str]) -> None:
    """Bring these scopes' feeds up to date. Reads what is public now, so that order does not matter."""
    building.refresh(scopes, clock.now())
