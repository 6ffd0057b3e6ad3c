"""What the dummy network shows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class DummyPost(models.Model):
    """A post on the recording network, which recognises a key that it has seen."""

    account = models.ForeignKey("social.Account", on_delete=models.CASCADE, related_name="dummy_posts")
    key = models.CharField(max_length=60, unique=True)
    text = models.TextField()
    url = models.CharField(max_length=500)
    revision = models.PositiveIntegerField()
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.text[:80]
