"""One module per kind of source. Each reads a path and yields entries, broken ones and ignored ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.importer.entry import Read, Unreadable
from app.importer.readers import ghost, markdown, wordpress


def read(path: Path, *, hosts: tuple[str, ...] = ()) -> Iterator[Read]:
    """Yield what a folder or an export file holds. Raises Unreadable where it is neither."""
    if not path.exists():
        raise Unreadable("there is no such file or folder")
    if path.is_dir() or path.suffix.lower() in markdown.SUFFIXES:
        return markdown.read(path, hosts=hosts)
    if path.suffix.lower() == ".xml":
        return wordpress.read(path, hosts=hosts)
    if path.suffix.lower() == ".json":
        return ghost.read(path, hosts=hosts)
    raise Unreadable("not a folder of Markdown, a WordPress export (.xml) or a Ghost export (.json); unpack archives first")
