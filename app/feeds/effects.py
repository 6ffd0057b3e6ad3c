"""What the feeds owe: each follows the posts that it shows."""

from __future__ import annotations

from owed import effect


@effect("feeds.follow", batch=100)
def follow(*, post_id: int) -> None:
    """Owe a refresh of each feed that shows these posts now; old posts' feeds catch up at a pace."""


@effect("feeds.relabel")
def relabel(*, post_ids: list[int]) -> None:
    """Owe a refresh of each feed that shows these posts: a name shown beside them has changed."""


@effect("feeds.rename")
def rename() -> None:
    """Owe a refresh of every feed that there is: the publication has another name, description or language."""


@effect("feeds.refresh", batch=20, debounce=1.0, timeout=120)
def refresh(*, scope: str) -> None:
    """Bring these scopes' feeds up to date. Reads what is public now, so that order does not matter."""
