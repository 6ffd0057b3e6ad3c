"""The files in which a site keeps its authors' names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.importer import front_matter
from app.importer.image_files import ImageFiles
from app.importer.readers.site_config import loaded
from app.importer.source import CannotRead
from app.importer.text import decode

FILES = [
    *(
        f"{folder}/{name}.{ending}"
        for folder in ("_data", "data", "src/_data")
        for name in ("authors", "author", "people", "members", "team")
        for ending in ("yml", "yaml", "json", "toml")
    ),
    *(f"{folder}/authors.{ending}" for folder in ("blog", "content", "src/content") for ending in ("yml", "yaml", "json")),
]
FOLDERS = ("_authors", "_people", "data/authors", "_data/authors", "content/authors", "content/author", "src/content/authors")
LARGEST = 64 * 1024


def author_names(root: Path, files: ImageFiles) -> dict[str, str]:
    """Return the display names that the site keeps for its authors' keys."""
    names: dict[str, str] = {}
    for folder in FOLDERS:
        names |= dict(_of_folder(root / folder, files))
    for name in FILES:
        file = root / name
        if file.is_file() and files.holds(file):
            names |= dict(_names(loaded(file)))
    return names


def _names(people: Any) -> Iterator[tuple[str, str]]:
    if isinstance(people, list):
        people = {
            str(each.get("slug") or each.get("id") or each.get("username") or ""): each
            for each in people
            if isinstance(each, dict)
        }
    for key, person in people.items() if isinstance(people, dict) else ():
        full = person if isinstance(person, str) else _full_name(person) if isinstance(person, dict) else ""
        if key and full:
            yield str(key), full


def _full_name(person: dict[str, Any]) -> str:
    names = ("full_name", "display_name", "displayName", "name", "title")
    return next((str(person[name]) for name in names if isinstance(person.get(name), str) and person[name]), "")


def _of_folder(folder: Path, files: ImageFiles) -> Iterator[tuple[str, str]]:
    """Yield the names of a folder with a file, or a folder, for each author."""
    for each in sorted(folder.iterdir()) if folder.is_dir() and files.holds(folder) else ():
        file = next((inner for inner in (each / "_index.md", each / "index.md") if inner.is_file()), each)
        if not file.is_file() or not files.holds(file) or file.stat().st_size > LARGEST:
            continue
        person = _header(file) if file.suffix == ".md" else loaded(file)
        if isinstance(person, dict) and (full := _full_name(person)):
            yield each.stem, full
            if isinstance(person.get("short_name"), str):
                yield person["short_name"], full


def _header(file: Path) -> Any:
    try:
        parted = front_matter.split(decode(file.read_bytes())[0])
    except (CannotRead, OSError):
        return None
    return parted[0] if parted else None
