"""The library: pictures that people uploaded, each kept until a person deletes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone

from app.accounts.models import User
from app.blog import effects, images, text
from app.blog.errors import PictureGone, PictureShared
from app.blog.placement import Placement
from app.blog.storing import store
from owed import owe
from owed.sql import hold


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A copy of a picture that a worker drew. `is_plain` is the one for emails and programs that know no WebP."""

    file: str
    content_type: str
    width: int
    height: int
    size: int
    is_plain: bool = False

    @property
    def url(self) -> str:
        return str(default_storage.url(self.file))

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class MediaQuerySet(models.QuerySet["Media"]):
    def kept(self) -> MediaQuerySet:
        """Return what is in the library: all that no one deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> MediaQuerySet:
        """Return what was deleted by hand. The row stays, and says when and by whom."""
        return self.exclude(deleted_at=None)

    def managed_by(self, user: User) -> MediaQuerySet:
        """Return the pictures that the user uploaded, or all."""
        return self.all() if user.edits_everything else self.uploaded_by(user)

    def uploaded_by(self, user: User) -> MediaQuerySet:
        also = Media.also_uploaded_by.through.objects.filter(media=OuterRef("pk"), user=user)
        return self.filter(Q(owner=user) | Q(Exists(also)))

    def named(self, words: str) -> MediaQuerySet:
        """Return the pictures whose description, caption, name or address has these words in it."""
        said = Q(alt__icontains=words) | Q(caption__icontains=words) | Q(name__icontains=words)
        return self.filter(said | Q(file__icontains=words.rpartition("/")[2]))

    def unused(self, mentioned: Collection[str]) -> MediaQuerySet:
        """Return what no post shows or showed, and no text mentions. `mentioned` are checksums (media_uses.mentioned())."""
        posts, covers = Media.posts.through.objects, Media._meta.get_field("covers").related_model._default_manager
        previews = Media._meta.get_field("previews").related_model._default_manager
        return self.filter(
            ~Exists(posts.filter(media=OuterRef("pk"))),
            ~Exists(covers.filter(cover=OuterRef("pk"))),
            ~Exists(previews.filter(social_image=OuterRef("pk"))),
            ~Exists(EarlierUse.objects.filter(media=OuterRef("pk"))),
        ).exclude(checksum__in=mentioned)

    def store(self, file: File[bytes], owner: User | None, alt: str = "") -> Media:
        """Keep an image, once however often it is uploaded, and owe its variants. A deleted one is in the library again.

        A description is taken where there is none yet. Raises MediaRefused, NotStored.
        """
        content, image = images.examine(file)
        checksum, alt = sha256(content).hexdigest(), text.one_line(alt)[: Media.ALT]
        with transaction.atomic():
            hold(f"media:{checksum}")
            media = self.select_for_update(no_key=True).filter(checksum=checksum).first()
            if media is None or media.deleted_at is not None:
                media = Media(pk=media.pk if media else None, owner=owner, checksum=checksum, size=len(content))
                media.name = text.one_line(PurePath(file.name or "").name)[-200:]
                media.width, media.height, media.content_type = image.width, image.height, image.content_type
                media.file.name = f"images/{checksum[:2]}/{checksum}.{image.extension}"
            _write(str(media.file.name), content)
            media.alt = media.alt or alt
            media.save()
            media.add_uploader(owner)
            if media.drawn_at is None:
                owe(effects.draw_variants.si(media_id=media.pk), about=f"media:{media.pk}")
        return media


def _write(name: str, content: bytes) -> None:
    """Write the file unless it is there, whole."""
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return
        default_storage.delete(name)
    store(default_storage, name, ContentFile(content))


class Media(models.Model):
    """One picture, stored once however many people upload it. `owner` was the first of them."""

    ALT, CAPTION = 500, 1000

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="media")
    also_uploaded_by = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="shared_media")
    file = models.FileField(upload_to="images/", max_length=200)
    name = models.CharField(max_length=200, blank=True, default="", db_default="")
    """What the file was called where it came from."""
    checksum = models.CharField(max_length=64, unique=True)
    content_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    alt = models.CharField(max_length=ALT, blank=True)
    caption = models.CharField(max_length=CAPTION, blank=True, default="", db_default="")
    variants = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True, editable=False)
    """The copies that a worker drew, from the narrowest; see Variant."""
    tone = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    """The class of its colour, for its place until it is there."""
    drawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its variants were drawn, also where it has none: a moving picture is shown as it is."""
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects: ClassVar[MediaQuerySet] = MediaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.name or self.file.name or self.checksum

    @property
    def url(self) -> str:
        return str(self.file.url)

    @property
    def for_pages(self) -> list[Variant]:
        """Return the variants for pages, from the narrowest."""
        return [each for each in self.all_variants if not each.is_plain]

    @property
    def plain(self) -> Variant:
        """Return what emails, feeds and previews of links show: the variant for them, or the original."""
        original = Variant(
            file=str(self.file.name),
            content_type=self.content_type,
            width=self.width or 0,
            height=self.height or 0,
            size=self.size,
        )
        return next((each for each in self.all_variants if each.is_plain), original)

    @property
    def thumbnail_url(self) -> str:
        """Return the address of the narrowest variant."""
        return next((each.url for each in self.for_pages), self.url)

    @property
    def all_variants(self) -> list[Variant]:
        """Return what a worker drew, from the narrowest."""
        rows: list[dict[str, Any]] = self.variants
        return [Variant(**row) for row in rows]

    @property
    def owner_ids(self) -> set[int]:
        """Return the ids of all who uploaded it."""
        others = set(self.also_uploaded_by.values_list("pk", flat=True))
        return others if self.owner_id is None else {*others, self.owner_id}

    def add_uploader(self, user: User | None) -> None:
        """Note one more person to whose library it belongs."""
        if user is None or user.pk == self.owner_id:
            return
        if self.owner_id is None:
            self.owner = user
            self.save(update_fields=["owner"])
        else:
            self.also_uploaded_by.add(user)

    def describe(self, *, alt: str, caption: str) -> None:
        """Change what it shows and what is said below it, wherever that is read. Raises PictureGone."""
        alt, caption = text.one_line(alt)[: self.ALT], text.one_line(caption)[: self.CAPTION]
        if not Media.objects.kept().filter(pk=self.pk).update(alt=alt, caption=caption):
            raise PictureGone
        self.alt, self.caption = alt, caption

    @transaction.atomic
    def discard(self, *, by: User, at: datetime | None = None) -> None:
        """Take it out of the library by a person's decision, and owe the removal of its file.

        What shows it shows a gap from then on, and says so to its writers. Raises PictureGone, PictureShared.
        """
        hold(f"media:{self.checksum}")
        if not by.edits_everything and self.owner_ids - {by.pk}:
            raise PictureShared
        at = at or timezone.now()
        if not Media.objects.kept().filter(pk=self.pk).update(deleted_at=at, deleted_by=by):
            raise PictureGone
        self.deleted_at, self.deleted_by = at, by
        owe(effects.cleanup_files.si(media_ids=[self.pk]), about=f"media:{self.pk}")


class EarlierUses(models.Manager["EarlierUse"]):
    def note(self, left: Iterable[tuple[Placement, Iterable[int]]], *, post_id: int | None = None) -> None:
        """Record that these media were shown by a post, or by posts that are gone, until now. Safe to do twice."""
        rows = [
            EarlierUse(media_id=pk, post_id=post_id, author_id=post.author_id)
            for post, media_ids in left
            for pk in sorted(media_ids)
        ]
        self.bulk_create(rows, update_conflicts=True, unique_fields=["media", "post"], update_fields=["until"])


class EarlierUse(models.Model):
    """A post that readers could see showed the picture until then: mails, feeds and copies of that time link to it.

    A deleted post leaves no title. The author is a number without a foreign key, since the row outlives an account.
    """

    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="earlier_uses")
    post = models.ForeignKey("blog.Post", on_delete=models.SET_NULL, null=True, related_name="+")
    author_id = models.BigIntegerField()
    until = models.DateTimeField(default=timezone.now)

    objects: ClassVar[EarlierUses] = EarlierUses()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["media", "post"], name="earlier_use_once")]

    def __str__(self) -> str:
        return f"media:{self.media_id} in post:{self.post_id} until {self.until:%Y-%m-%d}"
