"""Pages that show a picture are built again when its variants, its description or its caption changed."""

from __future__ import annotations

from app.blog import versions
from app.blog.changes import change
from app.blog.media_uses import Kind, uses
from app.blog.models import Media
from app.blog.placement import placements_of


def describe_picture(media: Media, *, alt: str, caption: str) -> None:
    """Change its description and caption, wherever they are read. Raises PictureGone."""
    with change():
        media.describe(alt=alt, caption=caption)
        touch_pages(media)


def touch_pages(media: Media) -> None:
    """Have every page built again that shows it, and the lists that show it as a cover."""
    places = uses([media])[media.pk]
    covered = [place.pk for place in places if place.kind == Kind.COVER and place.pk]
    with change() as changing:
        changing.touch(*(f"post:{place.pk}" for place in places if place.kind == Kind.POST))
        changing.touch(*(f"author:{place.author_id}" for place in places if place.kind == Kind.PROFILE))
        for placement in placements_of(covered).values():
            changing.touch(*placement.scopes())
        if any(place.kind in {Kind.PAGE, Kind.SITE, Kind.CATEGORY} for place in places):
            changing.touch(versions.SITE)
