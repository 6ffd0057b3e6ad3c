"""Ghost exports: one JSON file, images under `content/images` beside it where they were copied."""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from app.blog.plain_text import plain_text
from app.importer.dates import parse_date
from app.importer.image_files import ImageFiles
from app.importer.media_embeds import with_media
from app.importer.readers.exports import check_size, content_of, html_of, images_of, key_of, remote_images, title_of
from app.importer.readers.ghost_editor import for_every_reader, html_of_lexical, html_of_mobiledoc
from app.importer.slugs import slug_of
from app.importer.source import CannotRead, Failed, Found, Loss, LossKind, Skipped, SourceAuthor, SourcePost
from app.importer.text import one_line

MAX_EXPORT = 256 * 2**20
# Ghost writes these in place of its own address.
OWN_ADDRESSES = ("__GHOST_URL__", "__GHOST_MEDIA_URL__", "__GHOST_FILES_URL__")
# Ghost before 1.0 numbered its posts, and put another id into its feed.
GHOST_ID = re.compile(r"[0-9a-f]{24}")
FALSE = {"", "0", "False", "false"}
Row = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Export:
    """The tables of an export, joined by id."""

    file: str
    posts: list[Row]
    tags: dict[str, list[Row]]
    authors: dict[str, list[Row]]
    users: dict[str, Row]
    meta: dict[str, Row]
    site: str
    files: ImageFiles
    now: datetime


def read(path: Path, *, hosts: tuple[str, ...] = (), now: datetime | None = None) -> Iterator[Found]:
    """Yield each post of the export."""
    try:
        check_size(path, MAX_EXPORT)
        export = _export(_tables(path), path, hosts, now or datetime.now(UTC))
    except CannotRead as error:
        yield Failed(file=path.name, reason=str(error))
        return
    except OSError as error:
        yield Failed(file=path.name, reason=error.strerror or type(error).__name__)
        return
    for row in export.posts:
        yield _read_one(row, export)


def _tables(path: Path) -> Row:
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"not JSON: {str(error)[:100]}") from error
    root = content["db"][0] if isinstance(content, dict) and _has_database(content) else content
    tables = root.get("data") if isinstance(root, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise CannotRead("not a Ghost export: no list of posts in it")
    return tables


def _has_database(content: Row) -> bool:
    return isinstance(content.get("db"), list) and bool(content["db"])


def _export(tables: Row, path: Path, hosts: tuple[str, ...], now: datetime) -> Export:
    users = {_text(row, "id"): row for row in _rows(tables, "users")}
    settings = {_text(row, "key"): _text(row, "value") for row in _rows(tables, "settings")}
    return Export(
        file=path.name,
        posts=_rows(tables, "posts"),
        tags=_joined(tables, "posts_tags", "tag_id", {_text(row, "id"): row for row in _rows(tables, "tags")}),
        authors=_joined(tables, "posts_authors", "author_id", users),
        users=users,
        meta={_text(row, "post_id"): row for row in _rows(tables, "posts_meta")},
        site=settings.get("db_hash") or settings.get("site_uuid") or settings.get("title", ""),
        files=ImageFiles(root=path.parent, hosts=hosts),
        now=now,
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


def _read_one(row: Row, export: Export) -> Found:
    label = plain_text(_text(row, "title") or _text(row, "slug"))[:80]
    file = f"{export.file} ({label})" if label else export.file
    try:
        if _text(row, "type") == "page" or (_text(row, "page") not in FALSE):
            return Skipped(file=file, reason="type page")
        return _Row(row, export).post()
    except CannotRead as error:
        return Failed(file=file, reason=str(error))
    except Exception as error:
        # One post must not end the import of the others, whatever is in it.
        log.exception("a post of an export could not be read")
        return Failed(file=file, reason=f"cannot be read ({type(error).__name__})")


class _Row:
    """One post of the export, on its way."""

    def __init__(self, row: Row, export: Export) -> None:
        self.row, self.export = row, export
        self.number = _text(row, "id")
        self.meta = export.meta.get(self.number, {})
        self.losses: list[Loss] = []

    def lose(self, kind: LossKind, what: str) -> None:
        self.losses.append(Loss(kind=kind, what=" ".join(what.split())[:120]))

    def post(self) -> SourcePost:
        row, export = self.row, self.export
        date = parse_date(_text(row, "published_at"))
        content = self._content()
        title = title_of(_text(row, "title"), content, date.date().isoformat() if date else "")
        slug = _text(row, "slug")
        tags = [one_line(_text(tag, "name"))[:100] for tag in export.tags.get(self.number, ())]
        self._name_what_stays()
        post = SourcePost(
            key=key_of("ghost", _text(row, "uuid", "id", "slug")),
            identities=(f"{export.site}#{self.number}#{_text(row, 'uuid')}",),
            file=export.file,
            label=title,
            title=title,
            slug=slug_of(slug or title, kind="post"),
            content=content,
            excerpt=plain_text(
                _text(row, "custom_excerpt") or _text(row, "meta_description") or _text(self.meta, "meta_description")
            ),
            authors=self._authors(),
            tags=tuple(tag for tag in dict.fromkeys(tags) if tag and not tag.startswith("#")),
            published_at=date,
            private=self._why_private(date),
            cover=_local(_text(row, "feature_image", "image")),
            old_urls=(f"/{slug}/",) if slug else (),
            hosts=export.files.hosts,
            guid=self.number if GHOST_ID.fullmatch(self.number) else "",
        )
        alt = _text(self.meta, "feature_image_alt") or _text(row, "feature_image_alt")
        post = replace(post, images=images_of(post, export.files, one_line(alt)))
        return replace(post, losses=(*self.losses, *remote_images(post)))

    def _content(self) -> str:
        """Return the text from whichever column holds it: HTML, an editor's document, or the Markdown of Ghost 0.x."""
        row = self.row

        def lose_card(what: str) -> None:
            self.lose(LossKind.HTML, what)

        if markup := _text(row, "html"):
            markup = for_every_reader(markup, lose_card)
        elif document := _text(row, "lexical"):
            markup = html_of_lexical(document, lose_card)
        elif document := _text(row, "mobiledoc"):
            markup = html_of_mobiledoc(document, lose_card)
        elif markdown := html_of(_text(row, "markdown"), self.lose):
            return with_media(_local(markdown), lambda what: self.lose(LossKind.EMBED, what), markdown=True).strip() + "\n"
        elif text := _text(row, "plaintext"):
            return html_of(text, self.lose).strip() + "\n"
        return content_of(_local(html_of(markup, self.lose)), self.lose)

    def _why_private(self, date: datetime | None) -> str:
        status, visibility = _text(self.row, "status"), _text(self.row, "visibility")
        if _text(self.meta, "email_only") not in FALSE or _text(self.row, "email_only") not in FALSE or status == "sent":
            return _("went out by email only")
        if visibility not in {"", "public"}:
            return _("for members only")
        if status == "scheduled" and date is not None and date <= self.export.now:
            return _("was scheduled, and its time has passed since")
        if status not in {"published", "scheduled"}:
            return _("its status is “%(status)s”") % {"status": status[:40]}
        return ""

    def _authors(self) -> tuple[SourceAuthor, ...]:
        users = self.export.users
        writers = self.export.authors.get(self.number) or [users.get(_text(self.row, "author_id", "author"), {})]
        return tuple(_author(writer) for writer in writers if _text(writer, "slug", "name"))

    def _name_what_stays(self) -> None:
        for name in ("codeinjection_head", "codeinjection_foot"):
            if _text(self.row, name):
                self.lose(LossKind.HTML, name)
        if canonical := _text(self.row, "canonical_url"):
            self.lose(LossKind.FIELD, f"canonical URL {canonical[:80]}")


def _author(writer: Row) -> SourceAuthor:
    key = _text(writer, "slug", "name")
    return SourceAuthor(key=key, name=one_line(_text(writer, "name") or key)[:100])


def _local(text: str) -> str:
    for address in OWN_ADDRESSES:
        text = text.replace(address, "")
    return text


def _text(row: Row, *names: str) -> str:
    """Return the first of these columns that holds something, as text."""
    found = next((row[name] for name in names if row.get(name) not in (None, "")), "")
    if isinstance(found, str):
        return found.encode("utf-8", "replace").decode()
    return str(found) if isinstance(found, bool | int | float) else ""
