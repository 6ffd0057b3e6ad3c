"""The files beside the posts. Nothing outside the folder that was given is ever opened."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from app.blog.url_parts import url_parts
from app.importer.source import SourceImage

PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".bmp", ".ico", ".tif", ".tiff"}
# An export has no files: people put a copy of the uploads beside it, with or without the folders above.
UPLOADS = ("/wp-content/uploads", "/wp-content", "/content/images", "/content")
FOLDERS = ("", "static", "assets", "src", "public", "source", "content", "docs")
# WordPress shows smaller copies, `a-300x200.png`, of which an export's owner often keeps only the original.
RESIZED = re.compile(r"-(?:\d{1,5}x\d{1,5}|scaled)(?=\.\w+\Z)")


def local_path(url: str, hosts: Collection[str] = ()) -> str | None:
    """Return the decoded path of a URL on the old site, or None where it points elsewhere or nowhere."""
    parts = url_parts(url)
    if parts.scheme or parts.netloc:
        return unquote(parts.path) if parts.hostname in hosts else None
    return unquote(parts.path) or None


@dataclass(frozen=True, kw_only=True)
class ImageFiles:
    """Finds the file that a URL of the old site meant.

    `base` is the folder of the site below the one that was given, `prefix` a path that all its addresses begin with,
    `hosts` are the names that the old site had.
    """

    root: Path
    base: Path | None = None
    prefix: str = ""
    hosts: tuple[str, ...] = ()
    resolved: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resolved", self.root.resolve())

    def image(self, url: str, *, beside: Path | None = None, alt: str = "") -> SourceImage | None:
        """Return what a URL shows, or None where it is not an image of the old site's own."""
        path = local_path(url, self.hosts)
        if path is None or _suffix(path) not in PICTURES:
            return None
        try:
            found, problem = self.find(path, beside=beside), "missing"
        except PermissionError as error:
            found, problem = None, str(error)
        return SourceImage(url=url, path=found, problem="" if found else problem, alt=alt)

    def find(self, path: str, *, beside: Path | None = None) -> Path | None:
        """Return the file for a path of the old site. Raises PermissionError where it leads out of the folder.

        `beside` is the file that names it: a relative path is looked for beside that file, and in a folder of its name.
        """
        if "\0" in path or "\\" in path:
            raise PermissionError("refused: not a plain path")
        is_outside = False
        for candidate in self._candidates(path.removeprefix("@site/static"), beside):
            if _is_file(candidate):
                if self.holds(candidate):
                    return candidate
                is_outside = True
        if is_outside:
            raise PermissionError("refused: leads out of the folder")
        return None

    def _candidates(self, path: str, beside: Path | None) -> Iterator[Path]:
        spellings = [path]
        if self.prefix and path.startswith(f"{self.prefix}/"):
            spellings.append(path.removeprefix(self.prefix))
        for folder in UPLOADS:
            position = path.find(folder)
            spellings += [path[position:], path[position + len(folder) :]] if position >= 0 else []
        spellings += [RESIZED.sub("", each) for each in spellings if RESIZED.search(each)]
        bases = [self.root] if self.base in {None, self.root} else [self.base or self.root, self.root]
        for spelling in spellings:
            if beside and not spelling.startswith("/"):
                yield beside.parent / spelling
                yield beside.with_suffix("") / spelling
            for base in bases:
                yield from (base / folder / spelling.lstrip("/") for folder in FOLDERS)

    def holds(self, path: Path) -> bool:
        """Say whether a path, with every link followed, is still inside the folder."""
        try:
            return path.resolve().is_relative_to(self.resolved)
        except (OSError, RuntimeError):
            return False


def _suffix(path: str) -> str:
    """Return what PurePosixPath(path).suffix would, in lower case, at a tenth of the time."""
    stem, _, suffix = path.rstrip("/").rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem else ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
