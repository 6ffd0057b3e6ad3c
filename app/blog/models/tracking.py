"""Know which fields of an instance were changed, so that saving writes those and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, Self

from django.db import models


class Tracked(models.Model):
    """A model that remembers what it was loaded with. A stale instance then never writes old values back."""

    class Meta:
        abstract = True

    TRACKED: ClassVar[frozenset[str]] = frozenset()
    _loaded: dict[str, Any]

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        instance = super().from_db(db, field_names, values, **options)
        instance._loaded = {}
        instance._remember(instance.TRACKED)
        return instance

    def refresh_from_db(  # type: ignore[override]  # Django adds options from version to version
        self, using: str | None = None, fields: Iterable[str] | None = None, **options: Any
    ) -> None:
        names = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=names, **options)
        self._remember(self.TRACKED if names is None else _attnames(self, names))

    def _remember(self, names: Iterable[str]) -> None:
        """Take the present values as those in the database."""
        known = {name: self.__dict__[name] for name in names if name in self.__dict__ and name in self.TRACKED}
        self._loaded = {**getattr(self, "_loaded", {}), **known}

    def _changed(self, only: Iterable[str] | None = None) -> set[str]:
        """Return the attributes that differ from what was loaded."""
        names = self.TRACKED if only is None else self.TRACKED & set(_attnames(self, only))
        missing = object()
        return {name for name in names if name in self.__dict__ and self._loaded.get(name, missing) != self.__dict__[name]}


def _attnames(instance: models.Model, names: Iterable[str]) -> Sequence[str]:
    fields = {field.name: field.attname for field in instance._meta.concrete_fields}
    return [fields.get(name, name) for name in names]
