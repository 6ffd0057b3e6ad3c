"""What the pages list is what the code has."""

from __future__ import annotations

import logging
import re
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
CODE = {path: path.read_text() for path in PACKAGE.rglob("*.py") if "tests" not in path.parts}
SETTINGS_PAGE = (PACKAGE / "docs" / "settings.md").read_text()
PAGES = [*(PACKAGE / "docs").rglob("*.md"), PACKAGE / "README.md", PACKAGE / "CHANGELOG.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


def found(pattern: str, text: str = "") -> set[str]:
    return set(re.findall(pattern, text or "\n".join(CODE.values())))


class TestThePages:
    def test_list_every_check(self) -> None:
        assert found(r"owed\.[EW]\d{3}") == found(r"\n\| `(owed\.[EW]\d{3})` \|", SETTINGS_PAGE)

    def test_list_every_setting(self) -> None:
        assert found(r'"(OWED_[A-Z_]+)"') - {"OWED_CRASH_AT"} == found(r"\n\| `(OWED_\w+)` \|", SETTINGS_PAGE)

    def test_list_every_crash_point(self) -> None:
        assert found(r'crash\.point\("([\w-]+)"\)') == found(r"\n\| `([a-z]+-[a-z-]+)` \|", SETTINGS_PAGE)

    def test_link_to_pages_that_exist(self) -> None:
        broken = [(page.name, to) for page in PAGES for to in LINK.findall(page.read_text()) if not (page.parent / to).exists()]
        assert broken == []


class TestTheLogOfAWorker:
    def test_shows_what_is_attached_as_the_page_sets_it_up(self) -> None:
        page = (PACKAGE / "docs" / "howto" / "production.md").read_text()
        says: dict[str, Any] = {}
        exec(re.findall(r"```python\n# settings.py\n(.*?)```", page, re.S)[0], says)
        configured = DictConfigurator(says["LOGGING"]).configure_formatter(says["LOGGING"]["formatters"]["facts"])
        facts = {"task": "mail.send", "effect": "e4711", "about": "", "why": "KeyError: 'slug'", "traceback": "File ..."}
        line = configured.format(logging.makeLogRecord({"msg": "effect dead", "levelname": "ERROR", **facts}))
        assert line.endswith("ERROR effect dead task=mail.send effect=e4711 why=KeyError: 'slug'\nFile ...")
