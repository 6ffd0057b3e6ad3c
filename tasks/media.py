"""Files: what nobody refers to any more goes."""

from datetime import timedelta

from django.utils import timezone

from app.blog.files import cleanup_post_files
from app.blog.models import Media
from owed.celery import effect

GRACE = timedelta(hours=1)


@effect("media.sweep", kind="external", timeout=120)
def sweep() -> None:
    """Remove files that no post, cover or profile has referred to for an hour."""
    Media.objects.remove_unreferenced(timezone.now(), grace=GRACE)


@effect("media.cleanup", kind="external", timeout=60)
def cleanup(*, media_ids: list[int]) -> None:
    """Remove the files that a post has shown, unless something refers to them."""
    cleanup_post_files(media_ids)
