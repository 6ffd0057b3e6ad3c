"""Pages that show a picture are built again when its variants, its description or its caption changed."""

from __future__ import annotations

from app.accounts.models import User
from app.blog import versions
from app.blog.changes import change
from app.blog.errors import PictureDescribedElsewhere
from app.blog.media_uses import Kind, Use, uses
from app.blog.models import Media
from app.blog.placement import placements_of
from app.blog.signals import pictures_changed
from owed.sql import hold


def describe_picture(media: Media, *, by: User, alt: str, caption: str) -> None:
    """Change its description and caption, wherever they are read.

    Raises PictureGone, and PictureDescribedElsewhere where others show it: uploading a copy of their picture gives no right to
    the words below it in their posts.
    """
    with change():
        # A post that is being saved with it comes before, and is seen, or comes after.
        hold(f"media:{media.checksum}")
        if not by.edits_everything and any(_is_of_others(place, by) for place in uses([media])[media.pk]):
            raise PictureDescribedElsewhere
        media.describe(alt=alt, caption=caption)
        touch_pages(media)


def _is_of_others(place: Use, user: User) -> bool:
    return place.kind != Kind.EARLIER and place.author_id != user.pk


def touch_pages(media: Media) -> None:
    """Have every page built again that shows it, the lists that show it as a cover, and the feeds."""
    places = uses([media])[media.pk]
    covered = [place.pk for place in places if place.kind == Kind.COVER and place.pk]
    with change() as changing:
        changing.touch(*(f"post:{place.pk}" for place in places if place.kind == Kind.POST))
        changing.touch(*(f"author:{place.author_id}" for place in places if place.kind == Kind.PROFILE))
        for placement in placements_of(covered).values():
            changing.touch(*placement.scopes())
        if any(place.kind in {Kind.PAGE, Kind.SITE, Kind.CATEGORY} for place in places):
            changing.touch(versions.SITE)
        if posts := sorted({place.pk for place in places if place.kind in {Kind.POST, Kind.COVER} and place.pk}):
            pictures_changed.send(sender=Media, media=media, post_ids=posts)
