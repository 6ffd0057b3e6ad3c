"""Numbers that name the state of what pages show."""

from __future__ import annotations

from django.db import models


class Version(models.Model):
    """How often a scope changed: "site", "post:<id>", "author:<id>", "category:<id>", "tag:<id>"."""

    scope = models.CharField(max_length=60, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.scope}@{self.number}"
