"""What a post said after each save, and who saved it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from app.site import limits


class Revision(models.Model):
    """The text of a post under one of its revision numbers. Written by `app.blog.revisions`, never changed."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=limits.TITLE)
    excerpt = models.TextField(blank=True)
    content = models.TextField(blank=True)
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    """Empty where a program saved it, where the account was erased, and for text older than the first kept change."""
    restored_from = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"
