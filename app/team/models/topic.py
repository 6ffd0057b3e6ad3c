"""Where the pages of categories and tags were before they were renamed or merged."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from app.blog.models import Category, Tag


class TopicRedirect(models.Model):
    """An old slug of a category or a tag, which leads to the one that has its posts now."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, related_name="redirects")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="redirects")
    kind = models.CharField(max_length=8)
    slug = models.SlugField(max_length=110, db_index=False, allow_unicode=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "slug"], name="topic_redirect_once"),
            models.CheckConstraint(
                condition=Q(kind="category", category__isnull=False, tag=None)
                | Q(kind="tag", tag__isnull=False, category=None),
                name="topic_redirect_has_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"

    @property
    def target(self) -> Category | Tag | None:
        return self.category or self.tag
