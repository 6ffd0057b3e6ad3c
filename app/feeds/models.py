"""Feeds as they are sent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Format(models.TextChoices):
    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class Document(models.Model):
    """One feed's bytes. Its scope is "site", "author:<id>", "category:<id>" or "tag:<id>"."""

    scope = models.CharField(max_length=60)
    format = models.CharField(max_length=4, choices=Format)
    body = models.BinaryField()
    guid = models.CharField(max_length=120, blank=True, default="", db_default="")
    etag = models.CharField(max_length=64)
    last_modified = models.DateTimeField()
    built_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "format"], name="feed_once"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="feed_format_known"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}.{self.format}"
