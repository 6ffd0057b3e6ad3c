"""Files: those of pictures that a person deleted, and what an upload that broke off left."""

from django.utils import timezone

from app.blog import cards, effects
from app.blog.files import cleanup_post_files
from app.blog.stray_files import remove_stray_files
from owed import task


@task("media.sweep", kind="external", timeout=300)
def sweep() -> None:
    """Remove files on disk that belong to no picture, are a week old, and to which nothing refers. No picture goes."""
    remove_stray_files(timezone.now())
    cards.remove_stray_cards(timezone.now())
    cards.owe_missing_cards()


@effects.draw_card.runs
def card(*, post_id: int) -> None:
    cards.update_card(post_id)


@effects.cleanup_files.runs
def cleanup(*, media_ids: list[int]) -> None:
    cleanup_post_files(media_ids)
