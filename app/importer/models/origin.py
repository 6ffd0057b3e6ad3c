"""Where imported posts and comments came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from app.blog.models import Post

NOTED = ["key", "identities", "fingerprint", "digest", "text", "imported_at"]


class OriginManager(models.Manager["Origin"]):
    def remember(self, origin: Origin) -> None:
        """Note that the post is now what the source's post says, whether or not there was a note."""
        origin.text = text_of(origin.post)
        self.bulk_create([origin], update_conflicts=True, unique_fields=["post"], update_fields=NOTED)

    def remember_new(self, origins: Sequence[Origin]) -> None:
        """Note where posts came from that were just inserted."""
        for origin in origins:
            origin.text = text_of(origin.post)
        self.bulk_create(origins)

    def of(self, post: Post | None) -> Origin | None:
        """Return where a post came from, None for one that was written here."""
        return getattr(post, "origin", None)


def text_of(post: Post) -> str:
    return hashlib.sha256(json.dumps([post.title, post.content, post.excerpt]).encode()).hexdigest()


class Origin(models.Model):
    """What the importer last brought in for a post, so that a second run changes only what changed there.

    `key`, `identities` and `fingerprint` tell which post of which source it is, as `matching` explains. `digest` is of the
    source's post, `text` of the post as the import left it: where the post differs, someone edited it here.
    """

    post = models.OneToOneField("blog.Post", on_delete=models.CASCADE, primary_key=True, related_name="origin")
    key = models.CharField(max_length=300, blank=True, db_index=True)
    identities = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    text = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[OriginManager] = OriginManager()

    def __str__(self) -> str:
        return f"origin of post {self.post_id}"

    def is_edited(self) -> bool:
        """Return whether someone changed the post here since."""
        return self.text != text_of(self.post)


class ImportedComment(models.Model):
    """A comment that was imported, kept when the comment is deleted: a second import must not bring it back."""

    origin = models.ForeignKey(Origin, on_delete=models.CASCADE, related_name="comments")
    key = models.CharField(max_length=100)
    comment = models.OneToOneField("blog.Comment", on_delete=models.SET_NULL, null=True, related_name="imported")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "key"], name="imported_comment_once")]

    def __str__(self) -> str:
        return f"imported comment {self.key}"
