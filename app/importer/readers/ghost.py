"""Ghost exports: one JSON file, pictures under `content/images` beside it where they were copied."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.importer import markup
from app.importer.entry import Author, Broken, Entry, Ignored, Read, Unreadable
from app.importer.library import Library
from app.importer.plain import moment, one_line, slug_of
from app.importer.readers.exported import checked_size, content_of, key_of, pictures_of, title_of

MAX_EXPORT = 256 * 2**20
OWN_ADDRESS = "__GHOST_URL__"
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Export:
    """The tables of an export, joined by id."""

    posts: list[Row]
    tags: dict[str, list[Row]]
    authors: dict[str, list[Row]]
    users: dict[str, Row]
    library: Library


def read(path: Path, *, hosts: tuple[str, ...] = ()) -> Iterator[Read]:
    """Yield each post of the export."""
    try:
        checked_size(path, MAX_EXPORT)
        export = _export(_tables(path), Library(root=path.parent, hosts=hosts))
    except Unreadable as error:
        yield Broken(source=path.name, reason=str(error))
        return
    for row in export.posts:
        yield _read_one(row, export)


def _tables(path: Path) -> Row:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {str(error)[:100]}") from error
    root = content["db"][0] if isinstance(content, dict) and _has_database(content) else content
    tables = root.get("data") if isinstance(root, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise Unreadable("not a Ghost export: no list of posts in it")
    return tables


def _has_database(content: Row) -> bool:
    return isinstance(content.get("db"), list) and bool(content["db"])


def _export(tables: Row, library: Library) -> Export:
    users = {_text(row, "id"): row for row in _rows(tables, "users")}
    return Export(
        posts=_rows(tables, "posts"),
        tags=_joined(tables, "posts_tags", "tag_id", {_text(row, "id"): row for row in _rows(tables, "tags")}),
        authors=_joined(tables, "posts_authors", "author_id", users),
        users=users,
        library=library,
    )


def _rows(tables: Row, name: str) -> list[Row]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _joined(tables: Row, name: str, column: str, others: dict[str, Row]) -> dict[str, list[Row]]:
    joined: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(_rows(tables, name), key=lambda row: _text(row, "sort_order").zfill(9)):
        if other := others.get(_text(row, column)):
            joined[_text(row, "post_id")].append(other)
    return joined


def _read_one(row: Row, export: Export) -> Read:
    source = key_of("ghost", _text(row, "uuid", "id", "slug"))
    try:
        if _text(row, "type") == "page" or _text(row, "page") in {"True", "1"}:
            return Ignored(source=source, reason="type page")
        return _post(row, source, export)
    except Unreadable as error:
        return Broken(source=source, reason=str(error))


def _post(row: Row, source: str, export: Export) -> Entry:
    if not _text(row, "html") and (_text(row, "lexical", "mobiledoc")):
        raise Unreadable("has no HTML, only the editor's own format; export it from Ghost 1 or later with its content rendered")
    identifier, title, slug = _text(row, "id"), title_of(_text(row, "title"), source), _text(row, "slug")
    writers = export.authors.get(identifier) or [export.users.get(_text(row, "author_id"), {})]
    tags = [one_line(_text(tag, "name"))[:100] for tag in export.tags.get(identifier, ())]
    hidden = _text(row, "visibility") not in {"", "public"}
    entry = Entry(
        source=source,
        title=title,
        slug=slug_of(slug or title, kind="post"),
        content=markup.laid_out(_local(content_of(_text(row, "html")))),
        excerpt=one_line(_text(row, "custom_excerpt", "meta_description")),
        authors=tuple(_author(writer) for writer in writers if _text(writer, "slug", "name")),
        tags=tuple(tag for tag in dict.fromkeys(tags) if tag and not tag.startswith("#")),
        published_at=moment(_text(row, "published_at")),
        draft=hidden or _text(row, "status") not in {"published", "scheduled", "sent"},
        cover=_local(_text(row, "feature_image")),
        addresses=(slug.lower(),) if slug else (),
        hosts=export.library.hosts,
        notes=("for members only: left a draft",) if hidden else (),
    )
    return replace(entry, images=pictures_of(entry, export.library))


def _author(writer: Row) -> Author:
    key = _text(writer, "slug", "name")
    return Author(key=key, name=one_line(_text(writer, "name") or key)[:100])


def _local(text: str) -> str:
    return text.replace(OWN_ADDRESS, "")


def _text(row: Row, *names: str) -> str:
    """Return the first of these columns that holds something, as text."""
    found = next((row[name] for name in names if row.get(name) not in (None, "")), "")
    if isinstance(found, str):
        return found.encode("utf-8", "replace").decode()
    return str(found) if isinstance(found, bool | int | float) else ""
