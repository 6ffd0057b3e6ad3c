"""Files: variants of pictures, those of pictures that a person deleted, and what an upload that broke off left."""

from django.utils import timezone

from app.blog import cards, effects, variants
from app.blog.files import cleanup_post_files
from app.blog.stray_files import remove_stray_files
from owed import task


@task("media.sweep", kind="external", timeout=300)
def sweep() -> None:
    """Remove files on disk that belong to no picture, are a week old, and to which nothing refers. No picture goes."""
    remove_stray_files(timezone.now())
    variants.remove_stray_variants(timezone.now())
    cards.remove_stray_cards(timezone.now())
    cards.owe_missing_cards()


@task("media.catch_up")
def catch_up() -> None:
    """Owe the variants of pictures that have none: those of an earlier release, of a restored backup, of a fault."""
    variants.owe_missing_variants()


@effects.draw_variants.runs
def draw(*, media_id: int) -> None:
    variants.draw_variants(media_id)


@effects.draw_card.runs
def card(*, post_id: int) -> None:
    cards.update_card(post_id)


@effects.cleanup_files.runs
def cleanup(*, media_ids: list[int]) -> None:
    cleanup_post_files(media_ids)
