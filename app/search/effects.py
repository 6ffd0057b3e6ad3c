"""What the search index owes: it follows the posts."""

from __future__ import annotations

from owed import effect

BATCH_SIZE = 100


@effect("search.refresh", batch=BATCH_SIZE, debounce=0.5)
def refresh(*, post_id: int) -> None:
    """Bring these posts' documents up to date. Reads the posts as they are now, so that order does not matter."""


@effect("search.relabel")
def relabel(*, post_ids: list[int]) -> None:
    """Write these posts' documents again: a name shown beside them has changed, though they were not revised."""


@effect("search.remove", batch=BATCH_SIZE)
def remove(*, post_id: int) -> None:
    """Remove deleted posts from the index, also what a concurrent update has just added."""


@effect("search.read_again")
def read_again() -> None:
    """Mark the documents of posts that name no language, so that they are written again in the site's new one."""
