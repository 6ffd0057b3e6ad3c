"""Nothing that was not public at its source becomes public here."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from app.blog.models import Post
from tests.importer.sites import ghost, item, post, post_of, posts_of, run_import, write, wxr

pytestmark = pytest.mark.covers("D13")
PAST, FUTURE = "2001-02-03", (timezone.now() + timedelta(days=400)).date().isoformat()
MARKS: list[dict[str, Any]] = [
    {"draft": True}, {"draft": "yes"}, {"published": False}, {"published": "no"}, {"expiryDate": PAST},
    {"expiryDate": "whenever"},
    {"headless": True}, {"build": {"render": "never"}}, {"build": {"list": "never"}}, {"_build": {"render": False}},
    {"build": {"list": "local"}}, {"permalink": False}, {"eleventyExcludeFromCollections": True}, {"unlisted": True},
    {"hidden": True}, {"private": True}, {"status": "draft"}, {"status": "Private"}, {"status": "pending"}, {"password": "x"},
    {"visibility": "members"}, {"access": "paid"}, {"listed": False}, {"wip": True},
]  # fmt: skip
FILES = ["_drafts/a.md", "content/drafts/a.md", "source/_drafts/a.md"]


class TestAMarkOfAGenerator:
    @pytest.mark.parametrize("header", MARKS, ids=lambda header: json.dumps(header))
    def test_keeps_a_post_private(self, tmp_path: Path, header: dict[str, Any]) -> None:
        post(tmp_path, "content/posts/a.md", **header)
        assert post_of(tmp_path).private

    @pytest.mark.parametrize("file", FILES)
    def test_is_the_folder_of_drafts(self, tmp_path: Path, file: str) -> None:
        post(tmp_path, file)
        assert post_of(tmp_path).private == "in a folder of drafts"

    @pytest.mark.parametrize(
        "header", [{"draft": False}, {"published": True}, {"published": PAST}, {"status": "publish"}, {"visibility": "public"}]
    )
    def test_that_says_public_is_believed(self, tmp_path: Path, header: dict[str, Any]) -> None:
        post(tmp_path, "content/posts/a.md", **header)
        assert post_of(tmp_path).private == ""

    def test_is_inherited_from_hugos_cascade(self, tmp_path: Path) -> None:
        write(tmp_path, "hugo.toml", "")
        write(tmp_path, "content/secret/_index.md", "---\ntitle: S\ncascade:\n  build:\n    render: never\n---\n")
        post(tmp_path, "content/secret/deep/a.md")
        post(tmp_path, "content/b.md")
        assert [bool(found.private) for found in posts_of(tmp_path)] == [False, True]

    def test_is_inherited_from_jekylls_defaults(self, tmp_path: Path) -> None:
        write(tmp_path, "_config.yml", "defaults:\n- scope:\n    path: secret\n  values:\n    published: false\n")
        post(tmp_path, "secret/_posts/2020-01-01-a.md")
        post(tmp_path, "_posts/2020-01-01-b.md")
        post(tmp_path, "_team/ada.md")
        assert [bool(found.private) for found in posts_of(tmp_path)] == [False, True, True]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("posts/posts.json", '{"permalink": false}'),
            ("posts/posts.11tydata.json", '{"draft": true}'),
            ("posts/posts.11tydata.js", "module.exports = { eleventyExcludeFromCollections: true };"),
        ],
    )
    def test_is_inherited_from_eleventys_folders(self, tmp_path: Path, name: str, text: str) -> None:
        write(tmp_path, "eleventy.config.js", "")
        write(tmp_path, name, text)
        post(tmp_path, "posts/a.md")
        assert post_of(tmp_path).private


class TestAnExport:
    @pytest.mark.parametrize(
        "values",
        [{"status": status} for status in ("draft", "private", "pending", "auto-draft", "inherit", "acf-disabled")]
        + [{"post_password": "x"}, {"status": "future"}],
        ids=lambda values: "".join(values.values()),
    )
    def test_of_wordpress_keeps_private_what_was(self, tmp_path: Path, values: dict[str, str]) -> None:
        assert post_of(write(tmp_path, "blog.xml", wxr(item(**values)))).private

    @pytest.mark.parametrize(
        "row",
        [{"status": "draft"}, {"status": "sent"}, {"status": "scheduled"}, {"email_only": True}]
        + [{"visibility": visibility} for visibility in ("members", "paid", "tiers", "filter")],
        ids=lambda row: json.dumps(row),
    )
    def test_of_ghost_keeps_private_what_was(self, tmp_path: Path, row: dict[str, Any]) -> None:
        assert post_of(write(tmp_path, "ghost.json", ghost(row))).private

    def test_of_ghost_keeps_private_what_its_other_table_says(self, tmp_path: Path) -> None:
        text = ghost({}, posts_meta=[{"id": "m", "post_id": "1", "email_only": 1}])
        assert post_of(write(tmp_path, "ghost.json", text)).private == "went out by email only"

    def test_of_ghost_shows_no_card_that_was_for_members(self, tmp_path: Path) -> None:
        def paragraph(words: str) -> dict[str, Any]:
            return {"type": "paragraph", "children": [{"type": "text", "text": words}]}

        cards = [
            paragraph("Shown."),
            {"type": "email", "html": "<p>Mail only.</p>"},
            {"type": "html", "html": "<p>Members only.</p>", "visibility": {"web": {"nonMember": False}}},
        ]
        row = {"html": None, "lexical": json.dumps({"root": {"type": "root", "children": cards}})}
        found = post_of(write(tmp_path, "ghost.json", ghost(row)))
        assert found.content == "<p>Shown.</p>\n"
        assert [loss.what for loss in found.losses] == ["card html that not every reader saw"]


@pytest.mark.django_db
class TestAnImport:
    def test_publishes_nothing_that_was_private_and_says_why(self, tmp_path: Path) -> None:
        for number, header in enumerate(MARKS):
            post(tmp_path, f"content/posts/post-{number}.md", title=f"Post {number}", **header)
        post(tmp_path, "content/posts/later.md", date=FUTURE)
        post(tmp_path, "content/posts/embargo.md", publishDate=FUTURE)
        report = run_import(tmp_path)
        assert dict.fromkeys(Post.objects.values_list("status", flat=True)) == {"draft": None, "scheduled": None}
        assert Post.objects.filter(status="scheduled").count() == report.scheduled == 2
        assert sum(map(len, report.drafts.values())) == len(MARKS)
        assert {Client().get(f"/posts/{slug}/").status_code for slug in Post.objects.values_list("slug", flat=True)} == {404}
