"""Folders of static site generators: Jekyll, Hugo, Zola, Eleventy, Hexo, Docusaurus, or just files with a header."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from app.blog.url_parts import url_parts
from app.importer.image_files import ImageFiles
from app.importer.readers import site_config
from app.importer.readers.author_names import author_names
from app.importer.readers.site_config import Generator, Site
from app.importer.readers.static_post import StaticPosts
from app.importer.source import CannotRead, Failed, Found, Skipped

MARKDOWN = {".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mkdown"}
HTML = {".html", ".htm"}
CANNOT_READ = {
    ".textile",
    ".text",
    ".mdx",
    ".rst",
    ".adoc",
    ".asciidoc",
    ".org",
    ".rmd",
    ".ipynb",
    ".njk",
    ".haml",
    ".pug",
    ".slim",
}
CONTENT_FOLDERS = {"_posts", "_drafts", "content", "src", "source", "posts", "post", "blog", "articles", "news"}
NOT_CONTENT = {
    "_site",
    "_includes",
    "_layouts",
    "_data",
    "node_modules",
    "vendor",
    "themes",
    "archetypes",
    "layouts",
    "scaffolds",
}
log = logging.getLogger(__name__)


def read(path: Path, *, hosts: tuple[str, ...] = (), now: datetime | None = None, origin: str = "") -> Iterator[Found]:
    """Yield each post below the folder, by name. A file that cannot be read is Failed, never an exception."""
    root = path if path.is_dir() else path.parent
    files = sorted(_files(root)) if path.is_dir() else [path]
    site = replace(site_of(root, files, hosts), origin=origin)
    posts = StaticPosts(site, now or datetime.now(UTC))
    for file in files:
        yield _read_one(file, posts)


def site_of(root: Path, files: list[Path], hosts: tuple[str, ...] = ()) -> Site:
    base, generator, config = site_config.found(root)
    bare = Site(root=root, base=base, generator=generator, config=config, images=ImageFiles(root=root))
    url = url_parts(bare.text("url", "baseurl", "base_url", "siteurl"))
    names = {*hosts, *([url.hostname] if url.hostname else [])}
    names |= {name.removeprefix("www.") for name in names} | {f"www.{name}" for name in names if not name.startswith("www.")}
    prefix = url_parts(bare.text("baseurl", "base_url", "root")).path.rstrip("/")
    images = ImageFiles(root=root, base=base, prefix=prefix, hosts=tuple(sorted(names)))
    people = author_names(base, images)
    posts = {file.stem.lower(): f"/{file.stem}/" for file in files}
    return Site(root=root, base=base, generator=generator, config=config, images=images, people=people, posts=posts)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = [name for name in folders if name not in NOT_CONTENT and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if _is_text(Path(folder, name).relative_to(root)))


def _is_text(path: Path) -> bool:
    """Return whether a file may be a post: Markdown anywhere, other formats where generators look for posts."""
    suffix, folders = path.suffix.lower(), {part.lower() for part in path.parts[:-1]}
    if path.name.startswith("."):
        return False
    return suffix in MARKDOWN or (suffix in HTML | CANNOT_READ and bool(folders & CONTENT_FOLDERS))


def _read_one(file: Path, posts: StaticPosts) -> Found:
    source = _printable(file.relative_to(posts.site.root).as_posix())
    try:
        return _checked(file, source, posts)
    except CannotRead as error:
        return Failed(file=source, reason=str(error))
    except OSError as error:
        return Failed(file=source, reason=error.strerror or type(error).__name__)
    except Exception as error:
        # One file must not end the import of the others, whatever is in it.
        log.exception("a file could not be read")
        return Failed(file=source, reason=f"cannot be read ({type(error).__name__})")


def _checked(file: Path, source: str, posts: StaticPosts) -> Found:
    if not posts.site.images.holds(file):
        raise CannotRead("refused: a link that leads out of the folder")
    if len(source) > 300 or source != file.relative_to(posts.site.root).as_posix():
        raise CannotRead("the file's path is not a readable name of at most 300 characters")
    suffix = file.suffix.lower()
    if suffix in CANNOT_READ:
        return Skipped(file=source, reason=f"{suffix[1:]} cannot be read; convert it to Markdown", is_unread=True)
    if _is_excluded(file, posts.site):
        return Skipped(file=source, reason="left out by the site's configuration")
    return posts.read(file, source, is_html=suffix in HTML)


def _is_excluded(file: Path, site: Site) -> bool:
    relative = file.relative_to(site.base).as_posix() if file.is_relative_to(site.base) else file.name
    if site.generator == Generator.DOCUSAURUS and any(part.startswith("_") for part in Path(relative).parts):
        return True
    patterns = site.config.get("exclude") or () if site.generator == Generator.JEKYLL else _ignored(site)
    wanted = [str(pattern).strip("/") for pattern in (patterns if isinstance(patterns, list | tuple) else [patterns])]
    return any(fnmatch(relative, pattern) or relative.startswith(f"{pattern}/") for pattern in wanted if pattern)


def _ignored(site: Site) -> tuple[str, ...]:
    """Return the patterns of Eleventy's own list of files that it leaves out."""
    file = site.base / ".eleventyignore"
    if site.generator != Generator.ELEVENTY or not file.is_file() or file.stat().st_size > site_config.LARGEST:
        return ()
    lines = (line.strip().removeprefix("./") for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return tuple(line for line in lines if line and not line.startswith(("#", "!")))


def _printable(source: str) -> str:
    return source.encode("utf-8", "backslashreplace").decode()
