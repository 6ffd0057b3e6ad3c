"""Files on disk that are not in the library: an upload wrote them, and its row was never committed.

All that a sweep may remove. A file goes only when it is a week old, has the name that an upload gives, has no row, and no
text, feed or other row of the site names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from app.blog.models import Media
from owed.sql import hold, value

AGE = timedelta(days=7)
MOST = 50
"""How many one run removes: each is looked up in every text of the site."""
FOLDER = "images"
UPLOADED = re.compile(r"(?P<checksum>[0-9a-f]{64})\.(?:jpg|png|gif|webp)")
TEXTS = (models.TextField, models.CharField, models.FileField, models.JSONField, models.BinaryField)


def remove_stray_files(now: datetime, *, age: timedelta = AGE, most: int = MOST) -> int:
    """Remove files of no picture, to which nothing refers, written before that age. Return how many. Safe to do twice."""
    removed = 0
    for name, checksum in _strays():
        if removed == most:
            break
        removed += default_storage.get_modified_time(name) <= now - age and _remove(name, checksum)
    return removed


def is_mentioned(checksum: str) -> bool:
    """Return whether any row of this site's own tables names the file: a text, a stored feed, an avatar."""
    return any(_mentions(model, checksum) for model in apps.get_models() if model.__module__.startswith("app."))


def _strays() -> Iterator[tuple[str, str]]:
    """Yield (storage name, checksum) of the files without a row."""
    for folder in sorted(_listed(FOLDER)[0]):
        path = f"{FOLDER}/{folder}"
        found = {match["checksum"]: f"{path}/{name}" for name in _listed(path)[1] if (match := UPLOADED.fullmatch(name))}
        known = set(Media.objects.filter(checksum__in=found).values_list("checksum", flat=True))
        yield from ((found[checksum], checksum) for checksum in sorted(found.keys() - known))


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:
        return [], []


@transaction.atomic
def _remove(name: str, checksum: str) -> bool:
    """Remove the file, under the lock that an upload of the same picture must wait for."""
    hold(f"media:{checksum}")
    if Media.objects.filter(checksum=checksum).exists() or is_mentioned(checksum):
        return False
    default_storage.delete(name)
    return True


def _mentions(model: type[models.Model], checksum: str) -> bool:
    columns = [field for field in model._meta.concrete_fields if isinstance(field, TEXTS) and _is_wide(field)]
    if not columns or model is Media:
        return False
    named = " OR ".join(_names(field) for field in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    # In SQL: the ORM cannot search bytes, and one statement asks for all columns of a table.
    return bool(value(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {named})", [checksum] * len(columns)))  # noqa: S608


def _is_wide(field: models.Field[Any, Any]) -> bool:
    """Return whether a checksum fits in."""
    return field.max_length is None or field.max_length > 64


def _names(field: models.Field[Any, Any]) -> str:
    column = connection.ops.quote_name(str(field.column))
    if isinstance(field, models.BinaryField):
        return f"position(convert_to(%s, 'UTF8') in {column}) > 0"
    return f"position(%s in {column}::text) > 0"
