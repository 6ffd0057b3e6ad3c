"""Pages that show a picture are built again when its variants, its description or its caption changed."""

from __future__ import annotations

from django.db.models import Q

from app.blog import versions
from app.blog.changes import change
from app.blog.models import Media, Post
from app.blog.placement import placements_of


def describe_picture(media: Media, *, alt: str, caption: str) -> None:
    """Change its description and caption, wherever they are read. Raises PictureGone."""
    with change():
        media.describe(alt=alt, caption=caption)
        touch_pages(media)


def touch_pages(media: Media) -> None:
    """Have the pages of posts built again that show it, and the lists that show it as a cover."""
    covered = set(Post.objects.filter(Q(cover=media) | Q(options__social_image=media)).values_list("pk", flat=True))
    shown = set(media.posts.values_list("pk", flat=True))
    with change() as changing:
        for placement in placements_of(covered | shown).values():
            changing.touch(*(placement.scopes() if placement.post_id in covered else [f"post:{placement.post_id}"]))
        if not covered | shown:
            # A page, a profile or a category may show it: nothing says so but their texts.
            changing.touch(versions.SITE)
