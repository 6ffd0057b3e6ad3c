"""What `manage.py check --database default`, and with it every `migrate`, says of a copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from app.backup import findings

NEWEST = 500
"""Pictures whose files are looked for at every start; `manage.py restore` looks for all."""


@register(Tags.database)
def the_copy_is_whole(
    app_configs: Sequence[Any] | None, databases: Iterable[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Warn of pictures without files, of secrets that no key opens, and of what is held since a restore."""
    if "default" not in (databases or ()):
        return []
    try:
        return list(_warnings())
    except DatabaseError:
        # Before the first migration there is nothing to look at, and between two releases a column may be missing.
        return []


def _warnings() -> Iterable[CheckMessage]:
    looks = {
        "backup.W001": findings.of_media(newest=NEWEST),
        "backup.W002": findings.of_keys(),
        "backup.W003": findings.of_plans(),
        "backup.W004": findings.of_held(),
    }
    yield from (Warning(found, id=name) for name, look in looks.items() for found in look)
