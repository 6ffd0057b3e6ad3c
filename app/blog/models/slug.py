"""Addresses that posts had before."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class PostSlug(models.Model):
    """An old slug; its page answers with a permanent redirect."""

    slug = models.SlugField(max_length=220, unique=True, allow_unicode=True)
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="old_slugs")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.slug
