"""The files beside the posts. Nothing outside the folder that was given is ever opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from app.importer.entry import Picture

PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".bmp", ".ico", ".tif", ".tiff"}
FOLDERS = ("", "static", "assets", "src", "public", "source", "content")


def local_path(url: str, hosts: Collection[str] = ()) -> str | None:
    """Return the decoded path of a URL on the old site, or None where it points elsewhere or nowhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return unquote(parts.path) if parts.hostname in hosts else None
    return unquote(parts.path) or None


@dataclass(frozen=True, kw_only=True)
class Library:
    """Finds the file that a URL of the old site meant. `hosts` are the addresses that the old site had."""

    root: Path
    hosts: tuple[str, ...] = ()
    _resolved: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_resolved", self.root.resolve())

    def picture(self, url: str, *, beside: Path | None = None, alt: str = "") -> Picture | None:
        """Return what a URL shows, or None where it is no picture of the old site's own."""
        path = local_path(url, self.hosts)
        if path is None or PurePosixPath(path).suffix.lower() not in PICTURES:
            return None
        try:
            found, problem = self.find(path, beside=beside), "missing"
        except PermissionError as error:
            found, problem = None, str(error)
        return Picture(url=url, path=found, problem="" if found else problem, alt=alt)

    def find(self, path: str, *, beside: Path | None = None) -> Path | None:
        """Return the file for a path of the old site. Raises PermissionError where it leads out of the folder."""
        if "\0" in path or "\\" in path:
            raise PermissionError("refused: not a plain path")
        starts = [beside] if beside and not path.startswith("/") else []
        tried = [start / path.lstrip("/") for start in [*starts, *(self.root / folder for folder in FOLDERS)]]
        inside = [each for each in tried if self.holds(each)]
        if not inside:
            raise PermissionError("refused: leads out of the folder")
        try:
            return next((each for each in inside if each.is_file()), None)
        except OSError:
            return None

    def holds(self, path: Path) -> bool:
        """Say whether a path, with every link followed, is still inside the folder."""
        try:
            return path.resolve().is_relative_to(self._resolved)
        except (OSError, RuntimeError):
            return False
