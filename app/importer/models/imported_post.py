"""What one import did with each post of its source."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from app.importer.models.run import Import


class Done(models.TextChoices):
    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    KEPT = "kept", _("kept as edited here")
    FAILED = "failed", _("not imported")


class ImportedPostQuerySet(models.QuerySet["ImportedPost"]):
    def written(self) -> ImportedPostQuerySet:
        """Leave out those of which only the check has spoken."""
        return self.filter(is_planned=False)

    def brought(self) -> ImportedPostQuerySet:
        """Return those that the import made here and that are still here."""
        return self.written().filter(done=Done.CREATED, post__isnull=False)

    def to_undo(self) -> ImportedPostQuerySet:
        """Return those that an undo has not come to yet."""
        return self.written().filter(kept="", is_removed=False, post__isnull=False)


class ImportedPost(models.Model):
    """One post of the source. `identity` is a checksum of what tells it from the others, `losses` are [kind, where, what].

    `is_planned` while this is only what the check expects. `revision` and `status` are those of the post when the import had
    written it; `media` and `comments` the ids of pictures and comments that were new. `kept` says why an undo left it.
    """

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="posts")
    identity = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    place = models.TextField()
    title = models.TextField(blank=True)
    is_planned = models.BooleanField(default=True)
    done = models.CharField(max_length=9, choices=Done)
    reason = models.TextField(blank=True)
    draft = models.TextField(blank=True)
    losses = models.JSONField(default=list, blank=True)
    is_published = models.BooleanField(default=False)
    is_scheduled = models.BooleanField(default=False)
    images = models.PositiveIntegerField(default=0)
    comments = models.PositiveIntegerField(default=0)
    addresses = models.PositiveIntegerField(default=0)
    post = models.ForeignKey("blog.Post", on_delete=models.SET_NULL, null=True, blank=True, related_name="imported_by")
    revision = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=9, blank=True)
    media = ArrayField(models.BigIntegerField(), default=list, blank=True)
    new_comments = ArrayField(models.BigIntegerField(), default=list, blank=True)
    is_removed = models.BooleanField(default=False)
    kept = models.TextField(blank=True)

    objects: ClassVar[models.Manager[ImportedPost]] = ImportedPostQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "identity"], name="imported_post_once")]

    def __str__(self) -> str:
        return f"{self.place} of import {self.run_id}"
