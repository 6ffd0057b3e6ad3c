"""Where imported posts came from."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from app.blog.models import Post


class Origins(models.Manager["Origin"]):
    def remember(self, post: Post, *, digest: str, now: datetime) -> None:
        """Note that the post is now what the entry with this digest says."""
        self.update_or_create(post=post, defaults={"digest": digest, "text": text_of(post), "imported_at": now})

    def of(self, post: Post | None) -> Origin | None:
        """Return where a post came from, None for one that was written here."""
        return getattr(post, "origin", None)


def text_of(post: Post) -> str:
    return hashlib.sha256(json.dumps([post.title, post.content, post.excerpt]).encode()).hexdigest()


class Origin(models.Model):
    """What the importer last brought in for a post, so that a second run changes only what changed there.

    `digest` is of the entry, `text` of the post as the import left it: where the post differs, somebody edited it here.
    """

    post = models.OneToOneField("blog.Post", on_delete=models.CASCADE, primary_key=True, related_name="origin")
    digest = models.CharField(max_length=64)
    text = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Origins] = Origins()

    def __str__(self) -> str:
        return f"origin of post {self.post_id}"

    def is_edited(self) -> bool:
        """Return whether somebody changed the post here since."""
        return self.text != text_of(self.post)
