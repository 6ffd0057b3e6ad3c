"""The header of a Markdown file: YAML between `---` lines, TOML between `+++` lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from app.importer.entry import Unreadable

MAX_HEADER = 64 * 1024
MAX_DEPTH = 20
FENCE = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*(?:\n|\Z)", re.S | re.M)
# BaseLoader leaves every value a text: no tag called `no` becomes False, no version 1.10 becomes 1.1.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Value = str | list[Any] | dict[str, Any]
Matter = dict[str, Value]


def split(text: str) -> tuple[Matter, str] | None:
    """Return the header and the body, or None where the text has no header. Raises Unreadable."""
    if not text.startswith(("---\n", "+++\n", "--- \n", "---\t\n")):
        return None
    match = FENCE.match(text)
    if match is None:
        raise Unreadable(f"front matter opens with {text[:3]} and is never closed")
    if len(match[2]) > MAX_HEADER:
        raise Unreadable(f"front matter of {len(match[2]):,} characters; at most {MAX_HEADER:,} are read")
    matter = _yaml(match[2]) if match[1] == "---" else _toml(match[2])
    if not isinstance(matter, dict):
        raise Unreadable(f"front matter is a {_kind(matter)}, not names with values")
    return {str(key).strip().lower(): value for key, value in matter.items()}, text[match.end() :]


def _yaml(header: str) -> Any:
    header = "\n".join(line.rstrip() for line in header.split("\n"))
    try:
        _refuse_aliases(header)
        return yaml.load(header, Loader=LOADER) or {}  # noqa: S506 - BaseLoader builds only text, lists and mappings
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"front matter is not YAML: {_where(error)}") from error


def _refuse_aliases(header: str) -> None:
    """Raise where one value stands for another (a YAML bomb is made of them) or nesting has no end."""
    depth = 0
    for event in yaml.parse(header, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("front matter uses YAML aliases, which are not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise Unreadable(f"front matter is nested more than {MAX_DEPTH} deep")


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n")[0]
    return f"line {mark.line + 2}: {problem}" if mark else problem


def _toml(header: str) -> Any:
    try:
        return _as_text(tomllib.loads(header))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"front matter is not TOML: {error}") from error


def _as_text(value: Any) -> Value:
    if isinstance(value, dict):
        return {key: _as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else type(value).__name__


def text(matter: Matter, *names: str) -> str:
    """Return the first of these values that is a text with something in it."""
    for name in names:
        value = matter.get(name)
        if isinstance(value, str) and value.strip() not in {"", "~", "null"}:
            return value.strip()
    return ""


def words(matter: Matter, *names: str, split_on: str = ",") -> tuple[str, ...]:
    """Return the texts of a list, or of a text that separates them, in order and once each."""
    found = [word for name in names for word in _words(matter.get(name), split_on)]
    return tuple(dict.fromkeys(found))


def _words(value: object, split_on: str) -> Iterator[str]:
    parts = value if isinstance(value, list) else re.split(split_on, value) if isinstance(value, str) else []
    for part in parts:
        word = _name_in(part) if isinstance(part, dict) else str(part)
        if word.strip() not in {"", "~", "null"}:
            yield word.strip()


def _name_in(part: dict[str, Any]) -> str:
    return str(next((part[key] for key in ("name", "login", "title", "slug") if key in part), ""))


def truth(matter: Matter, name: str, *, default: bool = False) -> bool:
    """Return what a yes or no says."""
    return text(matter, name).lower() in {"true", "yes", "on", "1"} if text(matter, name) else default
