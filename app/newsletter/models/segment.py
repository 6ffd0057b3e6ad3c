"""Filters of the mailing list that were given a name."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Segment(models.Model):
    """A saved filter. Who is in it is looked up each time."""

    name = models.CharField(
        max_length=100, unique=True, error_messages={"unique": gettext_lazy("A segment has this name already.")}
    )
    filters = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Segment]] = models.Manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def query(self) -> str:
        """Return the filter as the list's address has it."""
        return urlencode(self.filters)
