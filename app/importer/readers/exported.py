"""What the readers of export files share: sizes, keys, titles, pictures."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.importer import references
from app.importer.entry import MAX_BYTES, Entry, Picture, Unreadable
from app.importer.library import Library
from app.importer.plain import cleaned, one_line


def checked_size(path: Path, limit: int) -> None:
    """Raise Unreadable where a file is larger than the limit."""
    size = path.stat().st_size
    if size > limit:
        raise Unreadable(f"{size:,} bytes; an export may have at most {limit:,}")


def content_of(text: str) -> str:
    """Return a post's HTML. Raises Unreadable for one that is too long or has a NUL."""
    if len(text) > MAX_BYTES:
        raise Unreadable(f"{len(text):,} characters; a post may have at most {MAX_BYTES:,}")
    return cleaned(text)[0]


def title_of(text: str, source: str) -> str:
    title = one_line(text) or source.rpartition(":")[2]
    return title if len(title) <= 200 else title[:199].rstrip() + "…"


def key_of(system: str, identifier: str) -> str:
    """Return the stable key of a post in the other system, never longer than its column."""
    key = f"{system}:{identifier}"
    if not identifier or not key.isprintable() or len(key) > 300:
        return f"{system}:{hashlib.sha256(identifier.encode()).hexdigest()}"
    return key


def pictures_of(entry: Entry, library: Library) -> tuple[Picture, ...]:
    """Return the entry's pictures that lie on its old site, each once."""
    urls = dict([(entry.cover, ""), *references.pictures(entry.content)])
    found = (library.picture(url, alt=one_line(alt)[:500]) for url, alt in urls.items() if url)
    return tuple(picture for picture in found if picture)
