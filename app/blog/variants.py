"""Variants of pictures: files that a worker draws beside an original, which pages and emails show in its place.

They are below `variants/` under the original's checksum, named by their content: an address never shows another picture.
One that was drawn before stays when they are drawn again, since emails link to it, and goes with its original.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from app.blog import effects
from app.blog.changes import change
from app.blog.models import Media
from app.blog.models.media import Variant
from app.blog.picture_pages import touch_pages
from app.blog.picture_scaling import Copy, copies_of
from app.blog.storing import store
from app.blog.variant_files import FOLDER, folder_of, listed, remove_variants
from owed import gather, record
from owed.models import Effect, State
from owed.sql import hold

MOST = 500
"""How many older pictures one run of the catch-up owes."""
AFTER_NEWS = -10
"""The priority of older pictures: what is uploaded now goes first."""
AGE = timedelta(days=7)


def draw_variants(media_id: int) -> None:
    """Draw and store the variants of a picture that is in the library. Safe to do twice: the same files, the same row."""
    media = Media.objects.kept().filter(pk=media_id).first()
    if media is None:
        return
    with media.file.open("rb") as file:
        copies = copies_of(file, media.size)
    drawn = [(each, False) for each in copies.for_pages] + ([(copies.plain, True)] if copies.plain else [])
    variants = sorted((_stored(media, copy, is_plain=is_plain) for copy, is_plain in drawn), key=lambda each: each.width)
    _note(media, [each.as_json() for each in variants], copies.tone)


def owe_missing_variants(most: int | None = MOST) -> int:
    """Owe the variants of pictures that have none and of which none are owed. Return how many.

    What failed for good is left to a person: an effect of theirs is in the ledger, and can be retried there.
    """
    known = Effect.objects.of(effects.draw_variants).exclude(state=State.DONE).values_list("about", flat=True)
    waiting = {int(about.removeprefix("media:")) for about in known}
    found = Media.objects.kept().filter(drawn_at=None).exclude(pk__in=waiting).order_by("-pk").values_list("pk", flat=True)
    return _owe(found if most is None else found[:most])


def owe_variants_again() -> int:
    """Owe the variants of every picture in the library. Return how many."""
    return _owe(Media.objects.kept().order_by("-pk").values_list("pk", flat=True))


def _owe(media_ids: Iterable[int]) -> int:
    """Owe the drawing of each with an account of its own, in one statement."""
    wanted = list(media_ids)
    with transaction.atomic(), gather():
        for pk in wanted:
            record(effects.draw_variants.si(media_id=pk).set(priority=AFTER_NEWS), about=f"media:{pk}")
    return len(wanted)


def remove_stray_variants(now: datetime, *, age: timedelta = AGE) -> int:
    """Remove variants of pictures that are not in the library, and that are that old. Return how many. Safe to do twice."""
    removed = 0
    for part in listed(FOLDER)[0]:
        checksums = listed(f"{FOLDER}/{part}")[0]
        kept = set(Media.objects.kept().filter(checksum__in=checksums).values_list("checksum", flat=True))
        removed += sum(_remove_old(each, now - age) for each in sorted(set(checksums) - kept))
    return removed


def _stored(media: Media, copy: Copy, *, is_plain: bool) -> Variant:
    digest = sha256(copy.content).hexdigest()[:16]
    name = f"{folder_of(media.checksum)}/{copy.width}-{digest}.{copy.extension}"
    # A file of another size was left half written by a machine that stopped.
    if default_storage.exists(name) and default_storage.size(name) != len(copy.content):
        default_storage.delete(name)
    if not default_storage.exists(name):
        store(default_storage, name, ContentFile(copy.content))
    return Variant(
        file=name,
        content_type=copy.content_type,
        width=copy.width,
        height=copy.height,
        size=len(copy.content),
        is_plain=is_plain,
    )


def _note(media: Media, variants: list[dict[str, object]], tone: str) -> None:
    """Write down what there is, and have pages show it; a picture that was deleted meanwhile loses the files again."""
    with change():
        hold(f"media:{media.checksum}")
        found = Media.objects.kept().select_for_update(no_key=True).filter(pk=media.pk)
        before = found.values_list("variants", "tone").first()
        if before is None:
            remove_variants(media.checksum)
            return
        found.update(variants=variants, tone=tone, drawn_at=timezone.now())
        if before != (variants, tone):
            touch_pages(media)


@transaction.atomic
def _remove_old(checksum: str, before: datetime) -> int:
    """Remove them under the lock that an upload of the same picture must wait for."""
    hold(f"media:{checksum}")
    names = [f"{folder_of(checksum)}/{name}" for name in listed(folder_of(checksum))[1]]
    is_young = any(default_storage.get_modified_time(name) > before for name in names)
    if is_young or Media.objects.kept().filter(checksum=checksum).exists():
        return 0
    return remove_variants(checksum)
