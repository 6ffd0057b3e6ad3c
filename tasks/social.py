"""Other networks: a post is shared once through each account, and what they show follows the post."""

from app.social import sharing
from app.social.sharing import post_to_social_media
from owed import clock
from owed.celery import effect

TWO_DAYS_OF_TRIES = 56


@effect("social.share")
def share(*, post_id: int) -> None:
    """Owe the post to each account that speaks for it."""
    post_to_social_media(post_id)


@effect("social.follow", batch=100)
def follow(*, post_ids: list[int]) -> None:
    """Owe a look at each account that shows the posts: they were revised, withdrawn or deleted."""
    sharing.follow(post_ids)


@effect("social.deliver", kind="external", timeout=30, max_attempts=TWO_DAYS_OF_TRIES, key="social_post_id")
def deliver(*, social_post_id: int) -> None:
    """Bring one account up to date. The row's key makes a repeated call one post."""
    sharing.deliver(social_post_id, now=clock.now())
