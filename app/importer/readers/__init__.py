"""One module per kind of source. Each reads a path and yields posts, failures and files that are not posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.importer.readers import afterword, ghost, static_site, wordpress
from app.importer.source import CannotRead, Found


def read(path: Path, *, hosts: tuple[str, ...] = (), now: datetime | None = None, origin: str = "") -> Iterator[Found]:
    """Yield what a folder or an export file holds. Raises CannotRead where it is neither.

    `origin` names the source where its path does not: an upload is unpacked somewhere else each time.
    """
    if not path.exists():
        raise CannotRead("there is no such file or folder")
    if afterword.is_export(path):
        return afterword.read(path, now=now or datetime.now(UTC))
    if path.is_dir() or path.suffix.lower() in static_site.MARKDOWN | static_site.HTML:
        return static_site.read(path, hosts=hosts, now=now, origin=origin)
    if path.suffix.lower() == ".xml":
        return wordpress.read(path, hosts=hosts, now=now)
    if path.suffix.lower() == ".json":
        return ghost.read(path, hosts=hosts, now=now)
    raise CannotRead("not a site's folder, a WordPress export (.xml) or a Ghost export (.json); unpack archives first")
