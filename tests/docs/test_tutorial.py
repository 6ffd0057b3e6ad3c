"""The tutorial's code runs, and each of its names is where the page says."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
NAMES = ROOT / "docs" / "reference" / "tutorial-names.md"
BLOCK = re.compile(r"^```python(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"`((?:app|tasks|tests)\.[\w.]+)`")
CALLED = """
send_post_notification send_comment_notification send_like_notification send_welcome_email start_onboarding_sequence
send_publication_notifications add_to_mailing_list update_search_index remove_from_search_index update_search_index_batch
cleanup_post_files update_rss_feed post_to_social_media track_user_activity update_trending_posts create_user_profile
"""


def blocks() -> list[tuple[str, int, str]]:
    """Return (file of which it is an excerpt or "", line, code) of each block."""
    text = TUTORIAL.read_text()
    return [(each[1] or "", text[: each.start(2)].count("\n"), each[2]) for each in BLOCK.finditer(text)]


def places() -> list[str]:
    return sorted(set(PLACE.findall(NAMES.read_text())))


def found(place: str) -> Any:
    """Import the longest module of the path, then follow attributes."""
    parts = place.split(".")
    for size in range(len(parts), 0, -1):
        try:
            value: Any = import_module(".".join(parts[:size]))
        except ModuleNotFoundError:
            continue
        for name in parts[size:]:
            value = getattr(value, name)
        return value
    raise LookupError(place)


class TestTheTutorial:
    @pytest.mark.covers("G15")
    @pytest.mark.django_db
    def test_runs_from_its_first_block_to_its_last(self) -> None:
        page = ModuleType("tutorial_page")
        for excerpt_of, line, code in blocks():
            if not excerpt_of:
                exec(compile("\n" * line + code, str(TUTORIAL), "exec"), vars(page))

    @pytest.mark.covers("G15")
    @pytest.mark.parametrize(("path", "line", "code"), [each for each in blocks() if each[0]])
    def test_quotes_files_as_they_are(self, path: str, line: int, code: str) -> None:
        assert code in (ROOT / path).read_text()

    @pytest.mark.covers("G15")
    def test_walks_through_each_section(self) -> None:
        headings = re.findall(r"^## (.*)$", TUTORIAL.read_text(), re.MULTILINE)
        assert len(headings) == 7


class TestTheNames:
    @pytest.mark.covers("G15", "T4", "K15")
    @pytest.mark.parametrize("place", places())
    def test_are_where_the_page_says(self, place: str) -> None:
        assert found(place) is not None

    @pytest.mark.covers("G15")
    @pytest.mark.parametrize("name", CALLED.split())
    def test_of_all_sixteen_functions_are_on_the_page(self, name: str) -> None:
        assert f"| `{name}` |" in NAMES.read_text()
