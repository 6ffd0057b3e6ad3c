"""An export of this system, unpacked: posts come back with their addresses, dates, states and comments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from app.blog.url_parts import url_parts
from app.importer import front_matter
from app.importer.dates import parse_date
from app.importer.front_matter import Matter
from app.importer.image_files import ImageFiles
from app.importer.readers.exports import images_of
from app.importer.source import MAX_BYTES, CannotRead, Failed, Found, SourceAuthor, SourceComment, SourcePost

INDEX = "afterword.json"
FORMAT = 1
SHOWN = {"approved": True, "held": False}
"""Comments that come back, and whether readers see them; spam and what was deleted stay behind."""


def is_export(path: Path) -> bool:
    """Return whether this folder is one."""
    return (path / INDEX).is_file()


@dataclass(frozen=True, kw_only=True)
class _Export:
    """What the posts of one export have in common."""

    root: Path
    host: str
    files: ImageFiles
    slugs: Mapping[str, str]
    now: datetime


def read(root: Path, *, now: datetime) -> Iterator[Found]:
    """Yield the posts. Raises CannotRead where the folder was made by a later release, or is not whole."""
    host = url_parts(_site_of(root)).hostname or ""
    slugs = {f"{kind}:{row['name']}": row["slug"] for kind, row in _terms(root)}
    files = ImageFiles(root=root, hosts=(host,) if host else ())
    export = _Export(root=root, host=host, files=files, slugs=slugs, now=now)
    return (_read_one(file, export) for file in sorted((root / "posts").glob("*.md")))


def _site_of(root: Path) -> str:
    try:
        facts = json.loads((root / INDEX).read_text())
        later, site = facts["format"] > FORMAT, str(facts["site"]["url"])
    except (KeyError, TypeError, ValueError) as error:
        raise CannotRead(_("%(file)s cannot be read: the export is damaged.") % {"file": INDEX}) from error
    if later:
        raise CannotRead(_("The export was made by a later release. Import it there."))
    return site


def _terms(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, name in (("category", "categories.jsonl"), ("tag", "tags.jsonl")):
        yield from ((kind, row) for row in _rows(root / name))


def _rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file with a line of JSON for each. Raises CannotRead."""
    if not file.is_file():
        return []
    try:
        return [dict(json.loads(line)) for line in file.read_text().split("\n") if line]
    except ValueError as error:
        raise CannotRead(_("%(file)s cannot be read: the export is damaged.") % {"file": file.name}) from error


def _read_one(file: Path, export: _Export) -> Found:
    source = file.relative_to(export.root).as_posix()
    try:
        return _post(file, source, export)
    except CannotRead as error:
        return Failed(file=source, reason=str(error))
    except (KeyError, OSError, ValueError) as error:
        return Failed(file=source, reason=f"cannot be read ({type(error).__name__})")


def _post(file: Path, source: str, export: _Export) -> SourcePost:
    if not export.files.holds(file) or file.stat().st_size > 2 * MAX_BYTES:
        raise CannotRead(_("refused: too large, or a link that leads out of the folder"))
    parted = front_matter.split(file.read_bytes().decode())
    if parted is None:
        raise CannotRead(_("no front matter"))
    matter, content = parted
    status = _text(matter, "status")
    published_at = parse_date(_text(matter, "publishdate" if status == "scheduled" else "date"))
    post = SourcePost(
        key=source,
        file=source,
        identities=(f"{export.host}/{source}", _text(matter, "guid")),
        title=_text(matter, "title"),
        slug=_text(matter, "slug") or file.stem,
        content=content,
        excerpt=_text(matter, "summary"),
        language=_text(matter, "language"),
        authors=_authors(matter),
        tags=_texts(matter, "tags"),
        category=next(iter(_texts(matter, "categories")), ""),
        published_at=published_at,
        private=_why_private(status, published_at, export.now),
        term_slugs=export.slugs,
        on_site=_text(matter, "email_only") != "true",
        is_withdrawn=status == "withdrawn",
        keeps_links=True,
        cover=_text(matter, "cover"),
        comments=tuple(_comments(export.root / "comments" / f"{file.stem}.jsonl")),
        old_urls=_texts(matter, "aliases"),
        hosts=export.files.hosts,
        guid=_text(matter, "guid"),
    )
    return replace(post, images=images_of(post, export.files, _text(matter, "cover_alt")))


def _why_private(status: str, published_at: datetime | None, now: datetime) -> str:
    """Return why a post comes back as a draft, empty where it does not."""
    if status == "scheduled" and published_at is not None and published_at <= now:
        return _("its planned time is over")
    return "" if status in {"published", "scheduled", "withdrawn", "mailed"} else _("a draft")


def _authors(matter: Matter) -> tuple[SourceAuthor, ...]:
    names = _texts(matter, "authors")[:1]
    return tuple(SourceAuthor(key=name, name=_text(matter, "author_name"), is_username=True) for name in names)


def _text(matter: Matter, name: str) -> str:
    """Return the value as it was written: a post may be called “null”."""
    value = matter.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(matter: Matter, name: str) -> tuple[str, ...]:
    value = matter.get(name)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _comments(file: Path) -> Iterator[SourceComment]:
    for row in _rows(file):
        if row["status"] in SHOWN:
            yield SourceComment(
                key=str(row["id"]),
                name=str(row["name"]),
                email=str(row["email"]),
                content=str(row["content"]),
                created_at=datetime.fromisoformat(row["created"]),
                approved=SHOWN[row["status"]],
                parent=str(row["parent"] or ""),
            )
