"""Headers that a post inherits: Jekyll's defaults, Hugo's cascade, the data files of Eleventy's folders."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from app.importer import front_matter
from app.importer.front_matter import Matter, lowered
from app.importer.readers.site_config import Generator, Site, loaded, mappings
from app.importer.readers.visibility import of_script
from app.importer.source import CannotRead
from app.importer.text import decode

LARGEST = 64 * 1024


class Inherited:
    """Finds what the configuration and the folders above a file add to its header. What a file says itself wins."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._folders: dict[Path, Matter] = {}

    def header(self, own: Matter, file: Path) -> Matter:
        return {**self._of_site(file), **self._of_folder(file.parent), **own}

    def _of_site(self, file: Path) -> Matter:
        matter: Matter = {}
        if self.site.generator == Generator.JEKYLL and file.is_relative_to(self.site.base):
            path = file.relative_to(self.site.base).as_posix()
            for scope, values in self._defaults:
                if _is_in(path, scope):
                    matter |= values
            matter |= self._of_collection(path)
        return matter

    @cached_property
    def _defaults(self) -> list[tuple[dict[str, Any], Matter]]:
        found = []
        for each in mappings(self.site.config.get("defaults") or []):
            scope, values = each.get("scope"), each.get("values")
            if isinstance(values, dict):
                found.append((scope if isinstance(scope, dict) else {}, lowered(values)))
        return found

    def _of_collection(self, path: str) -> Matter:
        """Keep documents private whose collection has no pages: Jekyll writes none unless its configuration says so."""
        folder = path.split("/")[0]
        if not folder.startswith("_") or folder in {"_posts", "_drafts"} or "/" not in path:
            return {}
        collections = self.site.config.get("collections")
        options = collections.get(folder[1:]) if isinstance(collections, dict) else None
        has_pages = isinstance(options, dict) and str(options.get("output", "")).lower() == "true"
        return {} if has_pages else {"unlisted": "true"}

    def _of_folder(self, folder: Path) -> Matter:
        if folder not in self._folders:
            above = self._of_folder(folder.parent) if folder != self.site.root and self.site.root in folder.parents else {}
            self._folders[folder] = {**above, **self._own_of_folder(folder)}
        return self._folders[folder]

    def _own_of_folder(self, folder: Path) -> Matter:
        if self.site.generator == Generator.HUGO:
            return _cascade(folder)
        if self.site.generator != Generator.ELEVENTY:
            return {}
        found: Matter = {}
        for file in _data_files(folder):
            matter = loaded(file) if file.suffix == ".json" else of_script(_read(file))
            found |= lowered(matter) if isinstance(matter, dict) else {}
        return found


def _is_in(path: str, scope: dict[str, Any]) -> bool:
    prefix, kind = str(scope.get("path") or "").strip("/"), str(scope.get("type") or "")
    folder = "_posts" if kind == "posts" else "_drafts" if kind == "drafts" else f"_{kind}" if kind not in {"", "pages"} else ""
    if kind == "pages" and path.startswith("_"):
        return False
    inside = not prefix or path.startswith(f"{prefix}/") or path == prefix or fnmatch(path, prefix)
    return inside and (not folder or folder in path.split("/"))


def _cascade(folder: Path) -> Matter:
    """Return what an index page of Hugo hands down to all below it."""
    matter: Matter = {}
    for file in (folder / "_index.md", folder / "_index.html"):
        try:
            parted = (
                front_matter.split(decode(file.read_bytes())[0]) if file.is_file() and file.stat().st_size <= LARGEST else None
            )
        except (CannotRead, OSError):
            parted = None
        for each in mappings((parted or ({}, ""))[0].get("cascade") or []):
            rules = lowered(each)
            if not {"_target", "target"} & rules.keys():
                params = rules.pop("params", None)
                matter |= {**(lowered(params) if isinstance(params, dict) else {}), **rules}
    return matter


def _data_files(folder: Path) -> Iterator[Path]:
    for ending in ("json", "11tydata.json", "11tydata.js", "11tydata.cjs", "11tydata.mjs"):
        file = folder / f"{folder.name}.{ending}"
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST:
            yield file


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
