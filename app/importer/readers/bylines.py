"""The file in which a site keeps its authors' names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app.importer.entry import MAX_BYTES
from app.importer.frontmatter import LOADER
from app.importer.library import Library
from app.importer.plain import decoded

FILES = ("_data/authors.yml", "_data/authors.yaml", "_data/authors.json", "data/authors.yml", "data/authors.json")


def read(root: Path, library: Library) -> dict[str, str]:
    """Return the display names that the site keeps for its authors' keys, where it keeps any."""
    for name in FILES:
        file = root / name
        if file.is_file() and library.holds(file) and file.stat().st_size <= MAX_BYTES:
            return dict(_names(_loaded(file)))
    return {}


def _loaded(file: Path) -> Any:
    try:
        content = decoded(file.read_bytes())
        return json.loads(content) if file.suffix == ".json" else yaml.load(content, Loader=LOADER)  # noqa: S506
    except (ValueError, yaml.YAMLError, RecursionError):
        return {}


def _names(people: Any) -> Iterator[tuple[str, str]]:
    for key, person in people.items() if isinstance(people, dict) else ():
        full = person if isinstance(person, str) else ""
        if isinstance(person, dict):
            full = next((str(person[name]) for name in ("full_name", "display_name", "name") if person.get(name)), "")
        if full:
            yield str(key), full
