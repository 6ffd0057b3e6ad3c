"""What the pages list is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

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
