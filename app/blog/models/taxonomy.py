"""Where posts are filed."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.db import models

from app.blog.changes import change
from app.blog.pages import CATEGORY, TAG
from app.site import limits

T = TypeVar("T", bound=models.Model)


class Filings(models.QuerySet[T]):
    def delete(self) -> tuple[int, dict[str, int]]:
        with change():
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Filing(models.Model):
    """What posts are filed under. A change and what it owes are one transaction, which locks posts before versions."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        with change():
            super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with change():
            return super().delete(*args, **options)


class Category(Filing):
    name = models.CharField(max_length=limits.NAME, unique=True, validators=[limits.validate_visible])
    slug = models.SlugField(max_length=110, unique=True, allow_unicode=True)
    description = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Category]] = Filings.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return CATEGORY.url(self.slug)


class Tag(Filing):
    name = models.CharField(max_length=limits.NAME, unique=True, validators=[limits.validate_visible])
    slug = models.SlugField(max_length=110, unique=True, allow_unicode=True)

    objects: ClassVar[models.Manager[Tag]] = Filings.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return TAG.url(self.slug)
