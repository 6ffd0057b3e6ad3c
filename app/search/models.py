"""What readers search."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
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
    pairs: ArrayField[list[int] | None, list[int] | None] = ArrayField(models.IntegerField(), null=True)
    """Numbers of neighbouring words (see documents.py). None: an earlier release wrote the document."""
    recipe = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How its words were read: analysis.RECIPE of the day, 0 of an earlier release."""

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="search_vector"),
            GinIndex(fields=["pairs"], name="search_pairs"),
            models.Index(fields=["recipe"], name="search_recipe"),
        ]

    def __str__(self) -> str:
        return self.title


class Word(models.Model):
    """A word of the documents, folded: what a word that is only begun may become, and what a misspelt one may mean.

    `^de` counts the documents in a language.
    """

    word = models.TextField(primary_key=True, db_collation="C")
    docs = models.PositiveIntegerField()
    """About how many documents have it. Nightly upkeep counts again, to a thousand."""
    near: ArrayField[list[int], list[int]] = ArrayField(models.IntegerField())
    """Numbers of the word, and of the word less each of its letters."""

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["near"], name="search_near")]

    def __str__(self) -> str:
        return self.word
