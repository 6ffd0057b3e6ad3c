"""docs/explanation/security.md leaves out no requirement, and names tests that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/security.md"
ROW = re.compile(r"^\| V(\d+\.\d+\.\d+) \| ([12]) \| ([a-z ]+) \| (.*) \| (.*) \|$", re.MULTILINE)
STATUSES = ("met", "partly", "not met", "operator", "does not apply")
# How many requirements of level 1 or 2 each section of ASVS 5.0.0 has; those of level 3 come last in each of them.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6,
    "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12,
    "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """Return (number, level, status, how, tests) of each requirement."""
    return ROW.findall(PAGE.read_text())


def exists(name: str) -> bool:
    """Return whether a test `path::Class::function` or `path::function` is in its file."""
    path, *parts = name.split("::")
    file = ROOT / path
    text = file.read_text() if file.is_file() else ""
    return bool(parts) and all(re.search(rf"^ *(class|def) {re.escape(part)}\b", text, re.MULTILINE) for part in parts)


class TestThePage:
    def test_has_each_requirement_once(self) -> None:
        wanted = [f"{section}.{number}" for section, last in SECTIONS.items() for number in range(1, last + 1)]
        assert [number for number, *_ in rows()] == wanted
        assert Counter(level for _, level, *_ in rows()) == {"1": 70, "2": 183}

    def test_names_tests_that_exist(self) -> None:
        names = {name for *_, tests in rows() for name in re.findall(r"`([^`]+)`", tests)}
        assert len(names) > 80
        assert sorted(name for name in names if not exists(name)) == []

    def test_says_how_of_each_and_counts_them(self) -> None:
        counted = Counter(status for _, _, status, *_ in rows())
        assert set(counted) <= set(STATUSES)
        assert all(len(how) > 2 for _, _, _, how, _ in rows())
        for status in STATUSES:
            said = re.search(rf"^\| {status} \| .* \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
            assert said is not None
            assert int(said[1]) == counted[status]

    def test_would_miss_a_test_that_was_renamed(self) -> None:
        assert exists("tests/docs/test_security.py::TestThePage::test_has_each_requirement_once")
        assert not exists("tests/docs/test_security.py::TestThePage::test_has_each_requirement")
        assert not exists("tests/docs/nothing.py::TestThePage")
