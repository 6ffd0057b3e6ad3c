"""What is owed to other networks: a post is shared once through each account, and what they show follows the post."""

from __future__ import annotations

from datetime import timedelta

from owed import effect, tries_over

TWO_DAYS_OF_TRIES = tries_over(timedelta(days=2))


@effect("social.share")
def share(*, post_id: int) -> None:
    """Owe the post to each account that speaks for it."""


@effect("social.follow", batch=100)
def follow(*, post_id: int) -> None:
    """Owe a look at each account that shows the posts: they were revised, withdrawn or deleted."""


@effect("social.deliver", kind="external", timeout=30, max_attempts=TWO_DAYS_OF_TRIES, key="social_post_id")
def deliver(*, social_post_id: int) -> None:
    """Bring one account up to date. The row's key makes a repeated call one post."""
