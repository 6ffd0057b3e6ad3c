"""Files on disk that are not in the library: an upload wrote them, and its row was never committed.

All that a sweep may remove. A file goes only when it is a week old, has the name that an upload gives, has no row, and no
text, feed or other row of the site names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from app.blog.models import Media
from owed.sql import hold, rows

AGE = timedelta(days=7)
MOST = 1000
"""How many files one run looks up in the texts of the site, in one scan of each table."""
FOLDER = "images"
UPLOADED = re.compile(r"(?P<checksum>[0-9a-f]{64})\.(?:jpg|png|gif|webp)")
TEXTS = (models.TextField, models.CharField, models.FileField, models.JSONField, models.BinaryField)
# In SQL: the ORM cannot search bytes, and one scan of a table answers for all files and columns.
MENTIONED = """
SELECT DISTINCT found[1] FROM {table}, regexp_matches(concat_ws(' ', {columns}), '[0-9a-f]{{64}}', 'g') AS found
WHERE found[1] = ANY(%s)
"""


def remove_stray_files(now: datetime, *, age: timedelta = AGE, most: int = MOST) -> int:
    """Remove files of no picture, to which nothing refers, written before that age. Return how many. Safe to do twice."""
    old = ((name, checksum) for name, checksum in _strays() if default_storage.get_modified_time(name) <= now - age)
    strays = {checksum: name for name, checksum in islice(old, most)}
    unnamed = strays.keys() - mentioned_anywhere(strays) if strays else set()
    return sum(_remove(strays[checksum], checksum) for checksum in sorted(unnamed))


def mentioned_anywhere(checksums: Iterable[str]) -> set[str]:
    """Return those that any row of this site's own tables names: a text, a stored feed, an avatar."""
    tables = (model for model in apps.get_models() if model.__module__.startswith("app.") and model is not Media)
    return {checksum for model in tables for checksum in _mentions(model, list(checksums))}


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
    if Media.objects.filter(checksum=checksum).exists():
        return False
    default_storage.delete(name)
    return True


def _mentions(model: type[models.Model], checksums: list[str]) -> Iterator[str]:
    columns = [_text(field) for field in model._meta.concrete_fields if isinstance(field, TEXTS) and _is_wide(field)]
    if columns:
        table = connection.ops.quote_name(model._meta.db_table)
        yield from (checksum for (checksum,) in rows(MENTIONED.format(table=table, columns=", ".join(columns)), [checksums]))


def _is_wide(field: models.Field[Any, Any]) -> bool:
    """Return whether a checksum fits in."""
    return field.max_length is None or field.max_length > 64


def _text(field: models.Field[Any, Any]) -> str:
    column = connection.ops.quote_name(str(field.column))
    return f"encode({column}, 'escape')" if isinstance(field, models.BinaryField) else f"{column}::text"
