"""Files: what nothing refers to any more goes."""

from datetime import timedelta

from django.utils import timezone

from app.blog import effects
from app.blog.files import cleanup_post_files
from app.blog.models import Media
from owed import task

GRACE = timedelta(hours=1)


@task("media.sweep", kind="external", timeout=120)
def sweep() -> None:
    """Remove files that no post, cover or profile has referred to for an hour."""
    Media.objects.remove_unreferenced(timezone.now(), grace=GRACE)


@effects.cleanup_files.runs
def cleanup(*, media_ids: list[int]) -> None:
    cleanup_post_files(media_ids)
