"""Images that posts show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.blog import files, images, text
from owed.sql import hold


class MediaQuerySet(models.QuerySet["Media"]):
    def managed_by(self, user: User) -> MediaQuerySet:
        return self.all() if user.edits_everything else self.filter(owner=user)

    def unreferenced(self) -> MediaQuerySet:
        """Return what no post shows, neither in its text nor as its cover."""
        return self.filter(posts=None, covers=None)

    def unclaimed(self, *, before: datetime) -> MediaQuerySet:
        """Leave out what was uploaded after that time and is not in a post yet."""
        return self.filter(Q(unclaimed_since=None) | Q(unclaimed_since__lte=before))

    def remove_unreferenced(self, now: datetime, *, grace: timedelta = files.GRACE, among: Iterable[int] | None = None) -> int:
        """Remove the files, of all or of these media, that no post shows and that are older than the grace. Return how many."""
        return files.remove_unreferenced(now, grace, among)

    def store(self, file: File[bytes], owner: User | None, alt: str = "") -> Media:
        """Keep an image, once however often it is uploaded. Raises MediaRefused."""
        content, image = images.examine(file)
        checksum = sha256(content).hexdigest()
        with transaction.atomic():
            hold(f"media:{checksum}")
            media = self.select_for_update().filter(checksum=checksum).first()
            if media is None:
                media = Media(owner=owner, checksum=checksum, alt=text.one_line(alt)[:500], size=len(content))
                media.width, media.height, media.content_type = image.width, image.height, image.content_type
                media.file.name = f"images/{checksum[:2]}/{checksum}.{image.extension}"
            media.unclaimed_since = timezone.now()
            _write(str(media.file.name), content)
            media.save()
        return media


def _write(name: str, content: bytes) -> None:
    """Write the file unless it is there, whole."""
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content))


class Media(models.Model):
    """One file, stored once however many people upload it, and as long as a post refers to it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="media")
    file = models.FileField(upload_to="images/", max_length=200)
    checksum = models.CharField(max_length=64, unique=True)
    content_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    alt = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    unclaimed_since = models.DateTimeField(null=True, blank=True, default=timezone.now)

    objects: ClassVar[MediaQuerySet] = MediaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "media"
        indexes: ClassVar = [models.Index(fields=["unclaimed_since"], name="media_unclaimed")]

    def __str__(self) -> str:
        return self.file.name or self.checksum

    @property
    def url(self) -> str:
        return str(self.file.url)
