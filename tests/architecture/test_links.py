"""Rooms link and extend downwards alone: what import-linter cannot see, because it is a string."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.checks import run_checks

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
LINK = re.compile(r"""(?:reverse|reverse_lazy|redirect)\(\s*f?"([\w:]+)"|{%\s*url\s+'([\w:]+)'|{%\s*url\s+"([\w:]+)\"""")
TEMPLATE = re.compile(r"""{%-?\s*(?:extends|include)\s+["']([\w/.-]+)["']""")
DJANGO_S = {"admin:index"}


def layers() -> list[set[str]]:
    """Return the rooms of app by layer, the lowest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [rooms] = [each for each in contracts if each.get("containers") == ["app"]]
    return [{room.strip() for room in layer.split("|")} for layer in reversed(rooms["layers"])]


HEIGHT = {room: height for height, rooms in enumerate(layers()) for room in rooms}
ROOMS = sorted(HEIGHT)


def served_by() -> dict[str, str]:
    """Return which room's urls.py has each name."""
    owner = {}
    for room in ROOMS:
        if (APP / room / "urls.py").exists():
            urls = import_module(f"app.{room}.urls")
            prefix = f"{urls.app_name}:" if hasattr(urls, "app_name") else ""
            owner |= {f"{prefix}{each.name}": room for each in urls.urlpatterns if getattr(each, "name", None)}
    return owner


def may_name(room: str, other: str) -> bool:
    return room == other or HEIGHT[other] < HEIGHT[room]


def files(room: str) -> Iterator[Path]:
    kinds = (".py", ".html", ".txt", ".xml")
    yield from (path for path in (APP / room).rglob("*") if path.suffix in kinds and "migrations" not in path.parts)


@pytest.mark.parametrize("room", ROOMS)
class TestARoom:
    def test_names_no_url_of_a_room_above_or_beside_it(self, room: str) -> None:
        owner = served_by()
        wrong = []
        for path in files(room):
            names = {name for found in LINK.findall(path.read_text()) for name in found if name} - DJANGO_S
            wrong += [f"{path.relative_to(ROOT)}: {name}" for name in names if not may_name(room, owner[name])]
        assert wrong == []

    def test_extends_and_includes_no_template_of_a_room_above_or_beside_it(self, room: str) -> None:
        owner = {
            str(path.relative_to(APP / each / "templates")): each
            for each in ROOMS
            for path in (APP / each / "templates").rglob("*.*")
        }
        wrong = []
        for path in files(room):
            names = TEMPLATE.findall(path.read_text())
            wrong += [f"{path.relative_to(ROOT)}: {name}" for name in names if not may_name(room, owner[name])]
        assert wrong == []


def test_each_page_that_a_room_links_to_is_served_by_another() -> None:
    assert [error for error in run_checks() if error.id == "site.E001"] == []
