"""Deleting pictures: by hand, after a look at where they are used, and with a closed account."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from app.accounts.models import User
from app.blog.effects import cleanup_files
from app.blog.errors import PictureShared, UsedMeanwhile
from app.blog.media_uses import Kind, Use, used_by_others, uses
from app.blog.models import Media
from owed import owe
from owed.sql import hold


def fingerprint(places: Iterable[Use]) -> str:
    """Return what tells whether a picture is used in the same places as before."""
    return sha256("\n".join(sorted(place.key for place in places)).encode()).hexdigest()[:32]


@transaction.atomic
def delete_picture(media: Media, *, by: User, seen: str | None = None) -> None:
    """Delete it by a person's decision; `seen` is the fingerprint of the places that the person was shown.

    Raises UsedMeanwhile where it is used in others by now, PictureShared where they are not all the person's own, PictureGone.
    """
    hold(f"media:{media.checksum}")
    if seen is not None and seen != fingerprint(uses([media])[media.pk]):
        raise UsedMeanwhile
    if not by.edits_everything and used_by_others([media], by):
        raise PictureShared
    media.discard(by=by)


@transaction.atomic
def delete_unused(ids: Iterable[int], *, about: str) -> None:
    """Delete those of the pictures that nothing uses now: an undone import takes back what it brought."""
    media = list(Media.objects.kept().filter(pk__in=ids))
    # As for a deletion by hand: a draft that is being saved with one of them comes before, and is seen, or comes after.
    hold(*(f"media:{each.checksum}" for each in media))
    places = uses(media)
    go = sorted(each.pk for each in media if {place.kind for place in places[each.pk]} <= {Kind.EARLIER})
    if go:
        Media.objects.kept().filter(pk__in=go).update(deleted_at=timezone.now())
        owe(cleanup_files.si(media_ids=go), about=about)


@transaction.atomic
def give_up(user: User, most: int) -> int:
    """Take some of a closed account's pictures out of its hands. Return how many.

    What others uploaded too is theirs; what others use, or have used, stays in the library. The rest goes, row and file.
    """
    mine = list(Media.objects.filter(owner=user).order_by("pk")[:most])
    theirs = _handed_on(mine, user)
    stay = theirs | used_by_others(mine, user)
    go = [each.pk for each in mine if each.pk not in stay]
    Media.objects.filter(pk__in=[each.pk for each in mine if each.pk not in theirs]).update(owner=None)
    Media.objects.kept().filter(pk__in=go).update(deleted_at=timezone.now())
    Media.objects.filter(pk__in=go, deleted_by=user).update(deleted_by=None)
    if go:
        owe(cleanup_files.si(media_ids=go), about=f"user:{user.pk}")
    return len(mine)


def _handed_on(media: list[Media], user: User) -> set[int]:
    """Make another uploader the owner, the first account by id, where there is one. Return the ids of these media."""
    through = Media.also_uploaded_by.through.objects.filter(media__in=media).exclude(user=user)
    heirs = dict(through.order_by("media_id", F("user_id").desc()).values_list("media_id", "user_id"))
    for media_id, user_id in heirs.items():
        Media.objects.filter(pk=media_id).update(owner=user_id)
        through.filter(media=media_id, user=user_id).delete()
    return set(heirs)
