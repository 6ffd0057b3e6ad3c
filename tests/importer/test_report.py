"""The report opens with one honest sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importer.sites import item, post, run_import, write, wxr

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


class TestTheSentence:
    def test_says_that_all_is_as_it_was_only_where_it_is(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md")
        assert run_import(tmp_path).sentence() == "1 post, all as they were."

    def test_counts_a_file_that_is_missing_as_a_loss(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", "![x](/gone.png)")
        post(tmp_path, "b.md", title="B")
        assert run_import(tmp_path).sentence() == "2 posts, 1 as they were, 1 with losses: see below."

    def test_names_files_that_may_be_posts_and_cannot_be_read(self, tmp_path: Path) -> None:
        post(tmp_path, "_posts/2020-01-01-a.md")
        write(tmp_path, "_posts/2020-01-02-b.textile", "h1. B")
        report = run_import(tmp_path)
        assert report.sentence() == "1 post, 1 as they were, 1 file that cannot be read: see below."
        assert any("_posts/2020-01-02-b.textile" in line for line in report.lines())

    def test_says_that_the_source_is_damaged(self, tmp_path: Path) -> None:
        path = write(tmp_path, "export.xml", wxr(item("<p>a\x01b</p>")))
        assert "from a damaged source" in run_import(path).sentence()

    def test_counts_what_was_not_imported(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "---\ntitle: x\n")
        assert run_import(tmp_path).sentence() == "0 posts, 0 as they were, 1 not imported: see below."

    def test_says_that_there_was_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, "README.md", "x")
        assert run_import(tmp_path).sentence() == "No posts were found."
