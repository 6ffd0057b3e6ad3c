"""Which generator a folder is for, and what its configuration says."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from app.importer.front_matter import LOADER, _as_text, _refuse_aliases
from app.importer.image_files import ImageFiles
from app.importer.source import CannotRead
from app.importer.text import decode

LARGEST = 512 * 1024
FORMATS = ("toml", "yaml", "yml", "json")


class Generator(StrEnum):
    JEKYLL = "Jekyll"
    HUGO = "Hugo"
    ZOLA = "Zola"
    HEXO = "Hexo"
    ELEVENTY = "Eleventy"
    DOCUSAURUS = "Docusaurus"
    OTHER = "another generator"
    UNKNOWN = "none"


LIQUID = {Generator.JEKYLL, Generator.HEXO, Generator.ELEVENTY}
MARKS = {
    Generator.ELEVENTY: ("eleventy.config", ".eleventy"),
    Generator.DOCUSAURUS: ("docusaurus.config",),
    Generator.OTHER: ("astro.config", "next.config", "gatsby-config", "mkdocs", "book", "nuxt.config", "svelte.config"),
}
PACKAGES = {'"@11ty/eleventy"': Generator.ELEVENTY, '"hexo"': Generator.HEXO, '"@docusaurus/core"': Generator.DOCUSAURUS}


@dataclass(frozen=True, kw_only=True)
class Site:
    """One site's folder. `base` is where its configuration is: the folder itself, or one below it.

    `origin` tells the site from others where its folder does not.
    """

    root: Path
    base: Path
    generator: Generator
    images: ImageFiles
    config: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    @property
    def is_liquid(self) -> bool:
        return self.generator in LIQUID

    def text(self, *names: str) -> str:
        """Return the first of these values of the configuration that is a text."""
        lower = {str(key).lower(): value for key, value in self.config.items()}
        return next((value.strip() for name in names if isinstance(value := lower.get(name), str) and value.strip()), "")


def found(root: Path) -> tuple[Path, Generator, Mapping[str, Any]]:
    """Return where the site's configuration is, its generator, and what it says: in the folder, else in one below."""
    below = sorted(each for each in root.iterdir() if each.is_dir() and not each.name.startswith((".", "node_modules")))
    for base in (root, *below):
        generator, config = _generator(base)
        if generator != Generator.UNKNOWN:
            return base, generator, config
    return root, Generator.UNKNOWN, {}


def _generator(base: Path) -> tuple[Generator, Mapping[str, Any]]:
    hugo = [base / f"hugo.{ending}" for ending in FORMATS]
    hugo += [base / "config/_default" / f"{name}.{ending}" for name in ("hugo", "config") for ending in FORMATS]
    if file := next((each for each in hugo if each.is_file()), None):
        return Generator.HUGO, loaded(file) or {}
    if package := _of_package(base):
        return package, _underscored(base)
    if any((base / f"_config.{ending}").is_file() for ending in FORMATS) or (base / "_posts").is_dir():
        is_hexo = (base / "scaffolds").is_dir() or ((base / "source/_posts").is_dir() and not (base / "_posts").is_dir())
        return Generator.HEXO if is_hexo else Generator.JEKYLL, _underscored(base)
    for generator, names in MARKS.items():
        if any(each.name.startswith(names) and each.is_file() for each in base.iterdir() if each.suffix != ".md"):
            return generator, {}
    return _by_config(base)


def _by_config(base: Path) -> tuple[Generator, Mapping[str, Any]]:
    """Tell Hugo from Zola, which both have a `config.toml`, by how they write the address of the site."""
    for ending in FORMATS:
        config = loaded(base / f"config.{ending}") if (base / f"config.{ending}").is_file() else None
        if isinstance(config, dict):
            if "base_url" in config:
                return Generator.ZOLA, config
            if any(str(key).lower() in {"baseurl", "languagecode", "theme", "params", "title"} for key in config):
                return Generator.HUGO, config
    return (Generator.HUGO if (base / "archetypes").is_dir() else Generator.UNKNOWN), {}


def _of_package(base: Path) -> Generator | None:
    file = base / "package.json"
    if not file.is_file() or file.stat().st_size > LARGEST:
        return None
    content = file.read_text(encoding="utf-8", errors="replace")
    return next((generator for name, generator in PACKAGES.items() if name in content), None)


def _underscored(base: Path) -> Mapping[str, Any]:
    files = (base / f"_config.{ending}" for ending in ("yml", "yaml", "toml", "json"))
    config = next((loaded(file) for file in files if file.is_file()), None)
    return config if isinstance(config, dict) else {}


def loaded(file: Path) -> Any:
    """Return what a YAML, TOML or JSON file holds, each value as text, or None where it cannot be read."""
    try:
        if file.stat().st_size > LARGEST:
            return None
        content, _ = decode(file.read_bytes())
        if file.suffix == ".json":
            return _as_text(json.loads(content))
        if file.suffix == ".toml":
            return _as_text(tomllib.loads(content))
        _refuse_aliases(content)
        return yaml.load(content, Loader=LOADER)  # noqa: S506 - BaseLoader builds only text, lists and mappings
    except (CannotRead, OSError, ValueError, yaml.YAMLError, RecursionError):
        return None


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the mappings of a list, or the one that there is."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each
