"""What pages of Hugo hand down to those below them, and which pages have no page of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from app.importer import front_matter
from app.importer.front_matter import Matter, lowered
from app.importer.readers.site_config import Site, mappings
from app.importer.source import CannotRead
from app.importer.text import decode

LARGEST = 64 * 1024
INDEX_SUFFIXES = {".md", ".markdown", ".html", ".htm"}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Headers for all pages below, or for those that the target names."""

    values: Matter
    target: Mapping[str, str] = field(default_factory=dict)

    def applies_to(self, path: PurePosixPath, site: Site) -> bool:
        """`path` is relative to the site's folder. A pattern that is not understood counts as a match: better a draft."""
        place = "/".join(path.with_suffix("").parts[1:] if path.parts[0] == "content" else path.with_suffix("").parts).lower()
        target, language = self.target, self.target.get("lang", "").lower()
        default = (site.text("defaultcontentlanguage") or "en").lower()
        return (
            _fits(place, target.get("path", "").strip("/").lower())
            and _fits("page", target.get("kind", ""))
            and _fits("production", target.get("environment", ""))
            and language in {"", default, *place.split("/"), *place.split(".")}
        )


def _fits(value: str, pattern: str) -> bool:
    return not pattern or "{" in pattern or fnmatch(value, pattern) or fnmatch(f"{value}/", pattern)


def rules_of(cascade: Any) -> Iterator[Rule]:
    for each in mappings(cascade or []):
        values = lowered(each)
        targets = [values.pop(name) for name in ("_target", "target") if name in values]
        params = values.pop("params", None)
        given = lowered(targets[0]) if targets and isinstance(targets[0], dict) else {}
        target = {name: value for name, value in given.items() if isinstance(value, str)}
        yield Rule(values={**(lowered(params) if isinstance(params, dict) else {}), **values}, target=target)


def rules_of_site(site: Site) -> list[Rule]:
    return list(rules_of(next((value for key, value in site.config.items() if str(key).lower() == "cascade"), None)))


def section_header(folder: Path) -> Matter:
    """Return the header of a section's index page, empty where there is none that can be read."""
    matter: Matter = {}
    for file in (folder / "_index.md", folder / "_index.html"):
        try:
            is_there = file.is_file() and file.stat().st_size <= LARGEST
            parted = front_matter.split(decode(file.read_bytes())[0]) if is_there else None
        except (CannotRead, OSError):
            parted = None
        matter |= parted[0] if parted else {}
    return matter


def is_resource(file: Path, content: Path, has_index: Callable[[Path], bool]) -> bool:
    """Return whether a file belongs to the page of a folder above it: an `index.md` has no other pages beside or below it."""
    above = [folder for folder in file.parents if content in folder.parents]
    own = above[1:] if file.stem.partition(".")[0] == "index" else above
    return any(has_index(folder) for folder in own)


def has_index(folder: Path) -> bool:
    return any(each.suffix in INDEX_SUFFIXES and each.stem.partition(".")[0] == "index" for each in folder.glob("index.*"))
