"""Markdown trees with front matter: Jekyll, Hugo, Eleventy, or files in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.importer import frontmatter, references, templates
from app.importer.entry import MAX_BYTES, Author, Broken, Entry, Ignored, Picture, Read, Unreadable
from app.importer.frontmatter import Matter, text, truth, words
from app.importer.library import Library
from app.importer.plain import DATED_NAME, cleaned, decoded, humanised, moment, one_line, slug_of
from app.importer.readers import bylines

SUFFIXES = {".md", ".markdown", ".mdown", ".mkd"}
NOT_POSTS = {"_site", "_includes", "_layouts", "_data", "node_modules", "vendor", "themes", "archetypes"}
HUGO_FILES = ("hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "archetypes")


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One site's folder: where its files are and how its generator wrote them."""

    root: Path
    library: Library
    people: Mapping[str, str]
    posts: Mapping[str, str]
    hugo: bool
    jekyll: bool


def read(path: Path, *, hosts: tuple[str, ...] = ()) -> Iterator[Read]:
    """Yield each Markdown file below the folder, by name. One that cannot be read is Broken, never an exception."""
    root = path if path.is_dir() else path.parent
    library = Library(root=root, hosts=hosts)
    files = sorted(_files(root)) if path.is_dir() else [path]
    tree = Tree(
        root=root,
        library=library,
        people=bylines.read(root, library),
        posts={file.stem.lower(): f"/{file.stem}/" for file in files},
        hugo=any((root / name).exists() for name in HUGO_FILES),
        jekyll=any((root / name).exists() for name in ("_posts", "_config.yml", "_config.yaml")),
    )
    for file in files:
        yield _read_one(file, tree)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = [name for name in folders if name not in NOT_POSTS and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."))


def _read_one(file: Path, tree: Tree) -> Read:
    source = file.relative_to(tree.root).as_posix()
    try:
        if not tree.library.holds(file):
            raise Unreadable("refused: a link that leads out of the folder")
        return _entry(file, source, tree)
    except Unreadable as error:
        return Broken(source=_printable(source), reason=str(error))
    except OSError as error:
        return Broken(source=_printable(source), reason=error.strerror or type(error).__name__)


def _printable(source: str) -> str:
    return source.encode("utf-8", "backslashreplace").decode()


def _entry(file: Path, source: str, tree: Tree) -> Read:
    if len(source) > 300 or source != _printable(source):
        raise Unreadable("the file's path is not a readable name of at most 300 characters")
    parted = frontmatter.split(decoded(_bytes(file)))
    if parted is None:
        return Ignored(source=source, reason="no front matter")
    matter, body = parted
    if file.stem == "_index":
        return Ignored(source=source, reason="an index page")
    return _post(file, source, tree, matter, body)


def _bytes(file: Path) -> bytes:
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise Unreadable(f"{size:,} bytes; a post may have at most {MAX_BYTES:,}")
    return file.read_bytes()


def _post(file: Path, source: str, tree: Tree, matter: Matter, body: str) -> Entry:
    notes: list[str] = []
    stem = file.parent.name if file.stem == "index" and file.parent != tree.root else file.stem
    dated = DATED_NAME.match(stem)
    name = dated[4] if dated else stem
    content, unknown = _expanded(body, matter, tree)
    content, removed = cleaned(content)
    if removed:
        notes.append(f"{removed} control characters taken out")
    published_at = moment(text(matter, "date", "published_at", "pubdate", "publishdate")) or _date_in_name(dated)
    slug = slug_of(text(matter, "slug") or name, kind="post")
    entry = Entry(
        source=source,
        title=_title(matter, name, notes),
        slug=slug,
        content=content.strip() + "\n",
        excerpt=one_line(_expanded(text(matter, "excerpt", "description", "summary"), matter, tree)[0]),
        authors=_authors(matter, tree),
        tags=_tags(matter, tree),
        category=_category(matter, tree),
        published_at=published_at,
        draft=truth(matter, "draft") or not truth(matter, "published", default=True) or "_drafts" in file.parts,
        cover=_cover(matter),
        addresses=_addresses(matter, published_at, name, slug, stem),
        hosts=tree.library.hosts,
        notes=tuple(notes),
        unknown_tags=tuple(unknown),
    )
    return replace(entry, images=tuple(_pictures(entry, file, matter, tree)))


def _title(matter: Matter, name: str, notes: list[str]) -> str:
    title = one_line(text(matter, "title")) or humanised(name)
    if len(title) > 200:
        notes.append(f"title of {len(title)} characters cut to 200")
        return title[:199].rstrip() + "…"
    return title


def _expanded(body: str, matter: Matter, tree: Tree) -> tuple[str, list[str]]:
    page = templates.Page(values=matter, people=tree.people, posts=tree.posts)
    expand = templates.shortcodes if tree.hugo else templates.liquid
    return expand(body, page), page.unknown


def _date_in_name(dated: re.Match[str] | None) -> datetime | None:
    if dated is None:
        return None
    try:
        return datetime(int(dated[1]), int(dated[2]), int(dated[3]), tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(f"the file name's date is none: {error}") from error


def _authors(matter: Matter, tree: Tree) -> tuple[Author, ...]:
    keys = words(matter, "authors", "author")
    return tuple(Author(key=key, name=one_line(tree.people.get(key) or humanised(key))[:100]) for key in keys)


def _tags(matter: Matter, tree: Tree) -> tuple[str, ...]:
    found = words(matter, "tags", "tag", "keywords", split_on=_separator(matter, "tags", tree))
    more = words(matter, "categories", split_on=_separator(matter, "categories", tree))[1:]
    return tuple(dict.fromkeys(name for tag in (*found, *more) if (name := one_line(tag)[:100])))


def _category(matter: Matter, tree: Tree) -> str:
    names = words(matter, "category", "categories", split_on=_separator(matter, "categories", tree))
    return one_line(names[0])[:100] if names else ""


def _separator(matter: Matter, name: str, tree: Tree) -> str:
    """Jekyll parts a text at spaces, the others at commas."""
    value = matter.get(name)
    return r"\s+" if tree.jekyll and isinstance(value, str) and "," not in value else ","


def _cover(matter: Matter) -> str:
    image = matter.get("image") or matter.get("cover") or matter.get("featured_image") or matter.get("thumbnail")
    if isinstance(image, dict):
        image = next((image[key] for key in ("image", "path", "src", "url", "feature") if isinstance(image.get(key), str)), "")
    return image.strip() if isinstance(image, str) and image.strip() not in {"~", "null"} else ""


def _addresses(matter: Matter, day: datetime | None, name: str, slug: str, stem: str) -> tuple[str, ...]:
    """Return the paths under which other posts may link to this one, in lower case."""
    paths = [text(matter, "permalink", "url"), *words(matter, "redirect_from", "aliases", split_on=",")]
    if day:
        paths += [f"/{day:%Y/%m/%d}/{name}", f"/{day:%Y/%m/%d}/{slug}"]
    if dated := DATED_NAME.match(stem):
        paths.append(f"/{dated[1]}/{int(dated[2]):02}/{int(dated[3]):02}/{name}")
    paths += [f"/{stem}", f"/posts/{name}", f"/{name}"]
    return tuple(dict.fromkeys(path.strip("/").lower().removesuffix(".html") for path in paths if path and ":" not in path))


def _pictures(entry: Entry, file: Path, matter: Matter, tree: Tree) -> Iterator[Picture]:
    described = text(matter, "image_alt", "image_alt_text")
    cover, shown = [(entry.cover, described)], list(references.pictures(entry.content))
    wanted = cover + shown if described else shown + cover
    seen: set[str] = set()
    for url, alt in wanted:
        if url and url not in seen and (found := tree.library.picture(url, beside=file.parent, alt=one_line(alt)[:500])):
            yield found
        seen.add(url)
