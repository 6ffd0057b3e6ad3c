"""Every address of the site from the URLconf, who gets in by tools/routes.toml, and the page that shows both."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from app.api.api import api
from tools.architecture import table

WRITTEN = Path(__file__).with_name("routes.toml")
GROUP = re.compile(r"\(\?P(<\w+>)(?:[^()]|\([^()]*\))*\)")
PARTS = {"/studio/": "Studio", "/api/": "API", "/admin/": "Admin", "/": "Pages"}
LEAD = (
    "Who gets an answer at each address, by each method. *own*: only about what the person wrote, uploaded or connected. "
    "[Who may do what](permissions.md) says which verb decides. `tests/access/test_routes.py` asks each address as each of "
    "these people, and compares; a new route is one line in `tools/routes.toml`, which the test gives. *staff* are readers "
    "with `is_staff` and none of Django's permissions; *inactive* is the closed account of one who was editor, staff and "
    "superuser. In the admin no object is named, so its rows say who gets past the door."
)
MEANING = {"all": "all", "own": "own", "-": "none"}


@dataclass(frozen=True)
class Route:
    """An address as the URLconf writes it, such as `/studio/posts/<int:pk>/`, and what answers there."""

    address: str
    view: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What tools/routes.toml says: roles, cells of each class by role, class of each (method, address), kinds of objects."""

    roles: list[str]
    classes: dict[str, dict[str, str]]
    routes: dict[tuple[str, str], str]
    bodies: dict[tuple[str, str], dict[str, Any]]
    objects: dict[str, str]

    def cells(self, method: str, address: str) -> dict[str, str]:
        """Return what is written of one route, by role. Raises KeyError for one that is not classified."""
        return self.classes[self.routes[method, address]]

    def line(self, methods: Iterable[str], address: str, cells: dict[str, str]) -> str:
        """Return the line that classifies a route of which these cells were seen."""
        name = next((name for name, each in self.classes.items() if each == cells), "")
        missing = "" if name else f"  # no class has these cells yet, add one: {' '.join(cells.values())}"
        return f'"{",".join(sorted(methods))} {address}" = "{name or "NEW"}"{missing}'


def routes() -> list[Route]:
    """Return every route once, in the order of the URLconf; of two with one address the first answers."""
    found: dict[str, Route] = {}
    for route in _walk(get_resolver().url_patterns, "/"):
        found.setdefault(route.address, route)
    return list(found.values())


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for each in patterns:
        address = before + _plain(str(each.pattern))
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, address)
        else:
            yield Route(address, each.callback)


def _plain(pattern: str) -> str:
    """Return a pattern, also one that is a regular expression, as a path with <names>."""
    return GROUP.sub(r"\1", pattern).removeprefix("^").removesuffix("$").replace(r"\Z", "")


def written(path: Path = WRITTEN) -> Classification:
    """Read the classification."""
    read = tomllib.loads(path.read_text())
    roles = read["roles"]
    lines = {key: value if isinstance(value, dict) else {"who": value} for key, value in read["routes"].items()}
    split = {
        (method, key.partition(" ")[2]): line for key, line in lines.items() for method in key.partition(" ")[0].split(",")
    }
    return Classification(
        roles=roles,
        classes={name: dict(zip(roles, cells.split(), strict=True)) for name, cells in read["classes"].items()},
        routes={key: line["who"] for key, line in split.items()},
        bodies={key: line["body"] for key, line in split.items() if "body" in line},
        objects=read["objects"],
    )


def page(note: str) -> str:
    """Return the page that shows the whole matrix."""
    said = written()
    texts = [f"# Routes and roles\n\n{LEAD} {note}\n"]
    known = {route.address: route for route in routes()}
    for start, title in PARTS.items():
        mine = [key for key in said.routes if _part(key[1]) == start]
        texts += [f"## {title}\n", table(("address", "method", "what", *said.roles), _rows(said, mine, known))]
    return "\n".join(texts)


def _part(address: str) -> str:
    return next(start for start in PARTS if address.startswith(start))


def _rows(said: Classification, keys: list[tuple[str, str]], known: dict[str, Route]) -> list[tuple[str, ...]]:
    rows, described = [], api.get_openapi_schema()["paths"]
    for method, address in sorted(keys, key=lambda key: key[::-1]):
        cells = (MEANING[cell] for cell in said.cells(method, address).values())
        rows.append((f"`{address}`", method, _what(known, described, method, address), *cells))
    return rows


def _what(known: dict[str, Route], described: dict[str, Any], method: str, address: str) -> str:
    """Return the first sentence about what answers: of the API's description, or of the view's docstring."""
    operation = described.get(address.replace("<", "{").replace(">", "}"), {}).get(method.lower())
    if operation is not None:
        return _first(operation.get("description") or operation["summary"])
    view = known[address].view if address in known else None
    # The docstring of a partial is that of functools.partial, which differs by version of Python.
    if view and isinstance(inner := inspect.unwrap(view), partial):
        view = inner.func
    return _first(getattr(view, "view_class", view).__doc__)


def _first(text: str | None) -> str:
    line = " ".join((text or "").strip().partition("\n\n")[0].split())
    return line.partition(". ")[0].rstrip(".")
