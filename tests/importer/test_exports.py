"""Reading WordPress and Ghost exports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.blog.markdown import render
from app.importer import markup
from app.importer.entry import Author, Unreadable
from app.importer.readers import read
from tests.importer.sites import broken, entries, entry, ghost, ignored, item, png, write, wxr

pytestmark = pytest.mark.covers("D13")


class TestAWordPressExport:
    def test_gives_a_post_with_all_that_it_had(self, tmp_path: Path) -> None:
        found = entry(write(tmp_path, "blog.xml", wxr(item("<p>Hello <b>you</b></p>"))))
        assert (found.source, found.title, found.slug) == ("wordpress:https://old.example/?p=1", "Post 1", "post-1")
        assert (found.content, found.excerpt) == ("<p>Hello <b>you</b></p>\n", "In short")
        assert found.authors == (Author(key="mira", name="Mira Olsen"),)
        assert (found.tags, found.category) == (("Open data",), "News")
        assert found.published_at == datetime(2015, 3, 4, 10, 20, 30, tzinfo=UTC)
        assert (found.addresses, found.hosts) == (("2015/03/post-1",), ("old.example",))

    @pytest.mark.parametrize("values", [{"status": "draft"}, {"status": "private"}, {"post_password": "x"}])
    def test_leaves_a_draft_what_was_not_public(self, tmp_path: Path, values: dict[str, str]) -> None:
        assert entry(write(tmp_path, "blog.xml", wxr(item(**values)))).draft

    def test_leaves_pages_and_attachments_and_the_trash_out(self, tmp_path: Path) -> None:
        items = item(post_type="page") + item(number=2, post_type="attachment") + item(number=3, status="trash")
        reasons = ignored(write(tmp_path, "blog.xml", wxr(items)))
        assert sorted(reasons.values()) == ["in the trash", "type attachment", "type page"]

    def test_finds_uploads_that_were_copied_beside_it(self, tmp_path: Path) -> None:
        write(tmp_path, "wp-content/uploads/a.png", png())
        html = '<img src="https://old.example/wp-content/uploads/a.png"><img src="https://else.example/b.png">'
        [picture] = entry(write(tmp_path, "blog.xml", wxr(item(html)))).images
        assert picture.path == tmp_path / "wp-content/uploads/a.png"

    def test_expands_captions_and_embeds_and_names_other_shortcodes(self, tmp_path: Path) -> None:
        html = (
            '[caption id="a"]<img src="/a.png" /> A boat[/caption] [sic] [gallery ids="1,2"][embed]https://v.example/1[/embed]'
        )
        found = entry(write(tmp_path, "blog.xml", wxr(item(html))))
        assert '<figure><img src="/a.png"><figcaption>A boat</figcaption></figure>' in found.content
        assert "[sic]" in found.content
        assert '<a href="https://v.example/1">' in found.content
        assert found.unknown_tags == ("[gallery]",)

    def test_keeps_what_stood_before_a_fault_in_the_xml(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", wxr(item() + item(number=2)).replace("</channel></rss>", "<item><title>cut"))
        found = list(read(path))
        assert [each.source for each in found] == [
            "wordpress:https://old.example/?p=1",
            "wordpress:https://old.example/?p=2",
            "blog.xml",
        ]
        assert "not well-formed XML" in broken(path)["blog.xml"]

    def test_names_one_broken_item_and_reads_the_others(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", wxr(item(post_date_gmt="2015-99-99 10:00:00") + item(number=2)))
        assert list(broken(path)) == ["wordpress:https://old.example/?p=1"]

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        ],
    )
    @pytest.mark.covers("X2")
    def test_refuses_dtds_and_entities(self, tmp_path: Path, doctype: str) -> None:
        text = wxr(item()).replace("?>", f"?>{doctype}", 1)
        assert "refused: a DTD or entity" in broken(write(tmp_path, "blog.xml", text))["blog.xml"]

    def test_refuses_endless_nesting_and_other_xml(self, tmp_path: Path) -> None:
        deep = write(tmp_path, "deep.xml", wxr("<a>" * 100_000))
        assert broken(deep)["deep.xml"] == "XML nested more than 40 deep"
        other = write(tmp_path, "other.xml", "<feed/>")
        assert broken(other)["other.xml"] == "not a WordPress export: its first element is 'feed'"


class TestLaidOutHtml:
    def test_passes_through_markdown_untouched(self) -> None:
        html = "<p>One *star* and _under_</p>\nbare [text]\nsecond line\n\n<pre>a\n\n  *b*</pre>\n<ul><li>1. x</li></ul>"
        shown = render(markup.laid_out(html))
        assert "One *star* and _under_" in shown
        assert "<pre>a\n" in shown
        assert "  *b*</pre>" in shown
        assert "<em>" not in shown

    def test_is_sanitised(self) -> None:
        assert "script" not in markup.laid_out("<p>a</p><script>alert(1)</script><img src=x onerror=alert(1)>")
        assert "onerror" not in markup.laid_out("<img src=x onerror=alert(1)>")


class TestAGhostExport:
    def test_gives_a_post_with_all_that_it_had(self, tmp_path: Path) -> None:
        write(tmp_path, "content/images/a.png", png())
        row = {
            "html": '<p><img src="__GHOST_URL__/content/images/a.png"></p>',
            "feature_image": "__GHOST_URL__/content/images/a.png",
        }
        found = entry(write(tmp_path, "ghost.json", ghost({**row, "custom_excerpt": "In short"})))
        assert (found.source, found.title, found.slug, found.excerpt) == ("ghost:u1", "Hello", "hello-1", "In short")
        assert [author.name for author in found.authors] == ["Nia Obi", "Tom Ek"]
        assert (found.tags, found.cover) == (("News",), "/content/images/a.png")
        assert found.published_at == datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)
        assert [picture.path for picture in found.images] == [tmp_path / "content/images/a.png"]

    def test_leaves_a_draft_what_was_for_members(self, tmp_path: Path) -> None:
        path = write(tmp_path, "ghost.json", ghost({"visibility": "paid"}, {"status": "draft"}, {}))
        assert [found.draft for found in entries(path)] == [True, True, False]

    def test_leaves_pages_out(self, tmp_path: Path) -> None:
        assert ignored(write(tmp_path, "ghost.json", ghost({"type": "page"}))) == {"ghost:u1": "type page"}

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"db": [{"data": {}}]}', "[" * 200_000, '{"data": {"posts": {}}}', '{"db": [7]}', "7"]
    )
    def test_is_refused_by_name_when_it_is_none(self, tmp_path: Path, text: str) -> None:
        reason = broken(write(tmp_path, "ghost.json", text))["ghost.json"]
        assert reason.startswith(("not JSON", "not a Ghost export"))

    def test_with_odd_rows_names_them(self, tmp_path: Path) -> None:
        text = ghost({"title": None, "slug": 7, "html": "x", "published_at": "soon"}, {"html": None, "lexical": "{}"})
        reasons = broken(write(tmp_path, "ghost.json", text))
        assert reasons["ghost:u1"].startswith("date 'soon' cannot be read")
        assert reasons["ghost:u2"].startswith("has no HTML")

    def test_with_lone_surrogates_is_read(self, tmp_path: Path) -> None:
        text = json.dumps(json.loads(ghost({"title": "a\ud800b"})))
        assert entry(write(tmp_path, "ghost.json", text)).title == "a?b"


class TestAPath:
    def test_that_is_no_source_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="there is no such file"):
            read(tmp_path / "nowhere")
        with pytest.raises(Unreadable, match="unpack archives first"):
            read(write(tmp_path, "blog.zip", b"PK"))
