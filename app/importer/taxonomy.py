"""Names become tags and categories, each once however it is spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Manager

from app.blog.models import Category, Tag
from app.importer.slugs import free_slug, slug_of
from app.site import limits

EMPTY: Mapping[str, str] = {}


class Terms:
    """Finds or makes tags (or categories). "Open Source" and "open-source" are one, "c" and "c++" are two."""

    def __init__(self, model: type[Tag] | type[Category]) -> None:
        self.model = model
        self.manager: Manager[Any] = model._default_manager
        self._found: dict[str, Tag | Category] = {}
        self.made: list[int] = []

    def __getitem__(self, name: str) -> Any:
        return self._found[_spelling(name)]

    def prepare(self, names: Iterable[str], slugs: Mapping[str, str] = EMPTY) -> None:
        """Make sure that each name has its row. `slugs` are wanted ones, by "tag:name" and "category:name"."""
        wanted = {_spelling(name): name for name in reversed(list(names))}
        if not wanted.keys() - self._found.keys():
            return
        rows: list[Any] = list(self.manager.order_by("pk"))
        self._found |= {_spelling(row.name): row for row in reversed(rows)}
        taken = {row.slug for row in rows}
        new = {spelling: name for spelling, name in sorted(wanted.items()) if spelling not in self._found}
        made: list[Any] = self.manager.bulk_create([self._new(name, slugs, taken) for name in new.values()])
        self._found |= dict(zip(new, made, strict=True))
        self.made += [row.pk for row in made]

    def _new(self, name: str, slugs: Mapping[str, str], taken: set[str]) -> Tag | Category:
        kind = self.model.__name__.lower()
        slug = free_slug(slugs.get(f"{kind}:{name}") or slug_of(name, kind=kind, limit=100), taken)
        taken.add(slug)
        return self.model(name=name[: limits.NAME] if limits.shows(name) else slug, slug=slug)

    def forget(self) -> None:
        """Look again next time: a transaction was rolled back."""
        self._found.clear()
        self.made.clear()


def _spelling(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name[:100]).strip().casefold()
