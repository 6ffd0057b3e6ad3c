"""Headers that a post inherits: Jekyll's defaults, Hugo's cascade, the data files of Eleventy's folders."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from app.importer.front_matter import Matter, is_true, lowered
from app.importer.readers.cascades import Rule, has_index, is_resource, rules_of, rules_of_site, section_header
from app.importer.readers.site_config import Generator, Site, loaded, mappings
from app.importer.readers.visibility import of_script

LARGEST = 64 * 1024


class Inherited:
    """Finds what the configuration and the folders above a file add to its header. What a file says itself wins."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._folders: dict[Path, Matter] = {}
        self._rules: dict[Path, list[Rule]] = {}
        # A folder is looked through once, not for each of its files.
        self._has_index, self._section_header = cache(has_index), cache(section_header)

    def header(self, own: Matter, file: Path) -> Matter:
        return {**self._of_site(file), **self._of_folder(file.parent), **self._handed_down(file), **own}

    def why_no_page(self, file: Path) -> str:
        """Return why the generator wrote no page for a file, whatever its own header says; empty where it did."""
        content = self.site.base / "content"
        if self.site.generator not in {Generator.HUGO, Generator.ZOLA} or content not in file.parents:
            return ""
        if is_resource(file, content, self._has_index):
            return _("has no page (part of the post in its folder)")
        sections = [folder for folder in file.parents if folder == content or content in folder.parents]
        is_draft = self.site.generator == Generator.ZOLA and any(
            is_true(self._section_header(each), "draft") for each in sections
        )
        return _("in a folder of drafts") if is_draft else ""

    def _handed_down(self, file: Path) -> Matter:
        matter: Matter = {}
        if self.site.generator == Generator.HUGO and file.is_relative_to(self.site.base):
            path = PurePosixPath(file.relative_to(self.site.base).as_posix())
            for rule in self._rules_above(file.parent):
                matter |= rule.values if rule.applies_to(path, self.site) else {}
        return matter

    def _rules_above(self, folder: Path) -> list[Rule]:
        if folder not in self._rules:
            is_below = folder != self.site.root and self.site.root in folder.parents
            above = self._rules_above(folder.parent) if is_below else rules_of_site(self.site)
            self._rules[folder] = [*above, *rules_of(section_header(folder).get("cascade"))]
        return self._rules[folder]

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


def _data_files(folder: Path) -> Iterator[Path]:
    for ending in ("json", "11tydata.json", "11tydata.js", "11tydata.cjs", "11tydata.mjs"):
        file = folder / f"{folder.name}.{ending}"
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST:
            yield file


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
