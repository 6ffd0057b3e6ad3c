"""What posts owe: publication in time, a look at guests' comments, and files that go with them."""

from __future__ import annotations

from owed import effect


@effect("upkeep.publish_scheduled")
def publish_scheduled(*, post_id: int) -> None:
    """Publish a post whose time has come; one that was moved or withdrawn is left alone."""


@effect("upkeep.judge_comment")
def judge_comment(*, comment_id: int) -> None:
    """File a guest's comment as spam when it looks like it."""


@effect("media.cleanup", kind="external", timeout=60)
def cleanup_files(*, media_ids: list[int]) -> None:
    """Remove the files of pictures that a person deleted. What is in the library stays."""


@effect("media.card", kind="external", timeout=60, debounce=1.0)
def draw_card(*, post_id: int) -> None:
    """Draw the picture that a link to the post shows elsewhere. Reads the post as it is now, so that order does not matter."""


@effect("media.variants", kind="external", timeout=180, max_attempts=5, key="media_id", at_most=1)
def draw_variants(*, media_id: int) -> None:
    """Draw the smaller copies of a picture that pages and emails show. Until then they show the original."""
