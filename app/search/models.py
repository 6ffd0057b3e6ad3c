"""What readers search."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Document(models.Model):
    """The words of one public post, as of one revision of it.

    Without a foreign key in the database: it would let the index's own writing fail a post's deletion.
    """

    post = models.OneToOneField(
        "blog.Post", on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="search_document"
    )
    revision = models.PositiveIntegerField()
    title = models.TextField()
    body = models.TextField()
    vector = SearchVectorField()
    published_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["vector"], name="search_vector")]

    def __str__(self) -> str:
        return self.title
