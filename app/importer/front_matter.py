"""The header of a text file: YAML between `---` lines, TOML between `+++` lines, or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from app.importer.source import CannotRead

MAX_HEADER = 64 * 1024
MAX_DEPTH = 20
FENCE = re.compile(
    r"\A(?P<fence>---|\+\+\+)[ \t]*(?P<language>[a-z]*)[ \t]*\n(?P<header>.*?)^(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)",
    re.S | re.M,
)
OPENING = re.compile(r"(?:---|\+\+\+)[ \t]*(?:yaml|yml|toml|json|js|javascript)?[ \t]*\n")
MARKDOWN_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)")
NAMES = (
    "name",
    "full_name",
    "fullname",
    "display_name",
    "displayname",
    "title",
    "login",
    "username",
    "slug",
    "github",
    "twitter",
)
NOTHING = {"", "~", "null", "none"}
YES, NO = {"true", "yes", "on", "1", "y"}, {"false", "no", "off", "0", "n", "never"}
# BaseLoader leaves every value a text: no tag called `no` becomes False, no version 1.10 becomes 1.1.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Value = str | list[Any] | dict[str, Any]
Matter = dict[str, Value]


def split(text: str) -> tuple[Matter, str] | None:
    """Return the header and the body, or None where the text has no header. Raises CannotRead.

    Names are in lower case, and each value is a text, a list or a mapping of such.
    """
    if text.startswith("{"):
        return _leading_json(text)
    if OPENING.match(text) is None:
        return None
    match = FENCE.match(text)
    if match is None:
        raise CannotRead(f"front matter opens with {text[:3]} and is never closed")
    header = match["header"]
    if len(header) > MAX_HEADER:
        raise CannotRead(f"front matter of {len(header):,} characters; at most {MAX_HEADER:,} are read")
    matter = _parsed(header, match["language"] or ("yaml" if match["fence"] == "---" else "toml"))
    if not isinstance(matter, dict):
        raise CannotRead(f"front matter is a {_kind(matter)}, not names with values")
    return lowered(matter), text[match.end() :]


def lowered(matter: dict[Any, Any]) -> Matter:
    return {str(key).strip().lower(): value for key, value in matter.items()}


def _leading_json(text: str) -> tuple[Matter, str] | None:
    """Read Hugo's JSON front matter: an object at the very beginning."""
    try:
        matter, end = json.JSONDecoder().raw_decode(text[: MAX_HEADER + 1])
    except (ValueError, RecursionError):
        return None
    return lowered(_as_text(matter)), text[end:].lstrip("\n")  # type: ignore[arg-type]


def _parsed(header: str, language: str) -> Any:
    if language in {"yaml", "yml"}:
        return _yaml(header)
    if language == "toml":
        return _toml(header)
    if language == "json":
        return _json(header)
    raise CannotRead(f"front matter in {language[:20]} cannot be read")


def _json(header: str) -> Any:
    try:
        return _as_text(json.loads(header))
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"front matter is not JSON: {error}") from error


def _yaml(header: str) -> Any:
    header = "\n".join(line.rstrip() for line in header.split("\n"))
    try:
        _refuse_aliases(header)
        return yaml.load(header, Loader=LOADER) or {}  # noqa: S506 - BaseLoader builds only text, lists and mappings
    except CannotRead:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CannotRead(f"front matter is not YAML: {_where(error)}") from error


def _refuse_aliases(header: str) -> None:
    """Raise for aliases (a YAML bomb is made of them) and for endless nesting."""
    depth = 0
    for event in yaml.parse(header, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise CannotRead("front matter uses YAML aliases, which are not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise CannotRead(f"front matter is nested more than {MAX_DEPTH} deep")


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n")[0]
    return f"line {mark.line + 2}: {problem}" if mark else problem


def _toml(header: str) -> Any:
    try:
        return _as_text(tomllib.loads(header))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise CannotRead(f"front matter is not TOML: {error}") from error


def _as_text(value: Any) -> Value:
    if isinstance(value, dict):
        return {key: _as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    if isinstance(value, bool) or value is None:
        return str(value or "false").lower() if value is not None else ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else type(value).__name__


def text(matter: Matter, *names: str) -> str:
    """Return the first of these values that is a text with something in it."""
    for name in names:
        value = matter.get(name)
        if isinstance(value, str) and value.strip().lower() not in NOTHING:
            return value.strip()
    return ""


def words(matter: Matter, *names: str, split_on: str = ",") -> tuple[str, ...]:
    """Return the texts of a list, or of a text that separates them, in order and once each."""
    found = [word for name in names for word in _words(matter.get(name), split_on)]
    return tuple(dict.fromkeys(found))


def _words(value: object, split_on: str) -> Iterator[str]:
    parts = value if isinstance(value, list) else re.split(split_on, value) if isinstance(value, str) and split_on else [value]
    for part in parts:
        word = name_in(part) if isinstance(part, dict) else str(part or "")
        if word.strip().lower() not in NOTHING:
            yield word.strip()


def name_in(part: dict[str, Any]) -> str:
    """Return what a mapping is called: the first of its names that holds something."""
    lower = lowered(part)
    return next((str(lower[name]) for name in NAMES if isinstance(lower.get(name), str) and lower[name]), "")


def people(matter: Matter, *names: str) -> tuple[str, ...]:
    """Return the names of people in any form that themes use: a name, names with commas, a link, a mapping, a list."""
    found = [person for name in names for person in _people(matter.get(name))]
    return tuple(dict.fromkeys(person for person in found if person.lower() not in NOTHING))


def _people(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        inner = [each for each in value.values() if isinstance(each, dict)]
        yield from [name_in(value)] if name_in(value) else [name_in(each) for each in inner]
    elif isinstance(value, list):
        for each in value:
            yield from _people(each)
    elif isinstance(value, str):
        linked = MARKDOWN_LINK.findall(value)
        for name in linked or value.split(","):
            yield re.sub(r"\s*<[^<>\s]*(?:@|://)[^<>\s]*>", "", name).strip()


def is_true(matter: Matter, *names: str) -> bool:
    """Return whether one of these values is a yes."""
    return any(text(matter, name).lower() in YES for name in names)


def is_false(matter: Matter, *names: str) -> bool:
    """Return whether one of these values is a no; one that is not there is neither."""
    return any(text(matter, name).lower() in NO for name in names)
