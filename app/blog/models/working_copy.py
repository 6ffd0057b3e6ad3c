"""What a writer typed into the editor and has not saved yet."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class WorkingCopy(models.Model):
    """The fields of an editor as they were typed. One for each writer and post; one for each new post that is being written."""

    writer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="working_copies")
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, null=True, related_name="working_copies")
    key = models.UUIDField(null=True)
    """Names a post that was never saved. Made by the page on which it is written."""
    fields = models.JSONField()
    revision = models.PositiveIntegerField(null=True)
    """The revision of the post that its writer began with."""
    stamp = models.CharField(max_length=32)
    """Changes with each write, so that of two windows the second does not replace what the first wrote."""
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["writer", "post"], name="working_copy_of_post"),
            models.UniqueConstraint(fields=["writer", "key"], name="working_copy_of_new_post"),
            models.CheckConstraint(
                condition=Q(post__isnull=True, key__isnull=False) | Q(post__isnull=False, key__isnull=True),
                name="working_copy_of_one_post",
            ),
        ]

    def __str__(self) -> str:
        return str(self.fields.get("title", ""))
