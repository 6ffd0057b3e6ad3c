"""Statistics by programs: the same numbers as in the studio, for the same people."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.stats import daily, page_views
from tests.api.client import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(published: Post) -> Post:
    """A post with seven views of today, four of them from example.com."""
    now = timezone.now()
    page_views.write(
        [
            page_views.Seen(published.pk, n.to_bytes(16, "big"), now.date(), now, referrer="example.com" if n < 4 else "")
            for n in range(7)
        ]
    )
    daily.count_day(now.date(), now)
    return published


class TestTheSite:
    def test_is_for_editors(
        self, editor: Program, author: Program, contributor: Program, reader: Program, anybody: Program
    ) -> None:
        for path in ("/statistics", "/statistics/days.csv"):
            answers = [each.get(path).status for each in (editor, author, contributor, reader, anybody)]
            assert answers == [200, 403, 403, 403, 401]

    def test_gives_the_numbers_by_day(self, editor: Program, read: Post) -> None:
        found = editor.get("/statistics", days="7").json
        assert len(found["days"]) == 7
        assert (found["days"][-1]["views"], found["days"][-1]["readers"], found["days"][0]["views"]) == (7, 7, None)
        assert found["totals"][0] == {"name": "views", "now": 7, "before": None}
        assert (found["referrers"], found["direct"]) == ([{"host": "example.com", "views": 4}], 3)
        assert found["top_posts"] == [{"id": read.pk, "title": "Out now", "views": 7}]

    def test_refuses_another_range(self, editor: Program) -> None:
        assert [editor.get("/statistics", days=days).status for days in ("0", "8", "x", "366")] == [422] * 4


class TestAPost:
    def test_is_for_its_author_and_for_editors(
        self, editor: Program, author: Program, other: Program, reader: Program, anybody: Program, read: Post
    ) -> None:
        for path in (f"/statistics/posts/{read.pk}", f"/statistics/posts/{read.pk}/days.csv"):
            answers = [each.get(path).status for each in (editor, author, other, reader, anybody)]
            assert answers == [200, 200, 403, 403, 401]

    def test_does_not_show_that_a_draft_exists(self, other: Program, draft: Post) -> None:
        assert other.get(f"/statistics/posts/{draft.pk}").status == 404

    def test_gives_its_days_as_csv(self, author: Program, read: Post) -> None:
        text = author.get(f"/statistics/posts/{read.pk}/days.csv", days="7").text
        lines = list(csv.DictReader(io.StringIO(text)))
        assert [line["views"] for line in lines] == [""] * 6 + ["7"]
