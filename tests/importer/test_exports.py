"""Reading WordPress and Ghost exports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.blog.markdown import render
from app.importer.html_blocks import html_blocks
from app.importer.readers import read
from app.importer.source import CannotRead, SourceAuthor, SourcePost
from tests.importer.sites import failed, ghost, item, png, post_of, posts_of, skipped, write, wxr

pytestmark = pytest.mark.covers("D13")


class TestAWordPressExport:
    def test_gives_a_post_with_all_that_it_had(self, tmp_path: Path) -> None:
        found = post_of(write(tmp_path, "blog.xml", wxr(item("<p>Hello <b>you</b></p>"))))
        assert (found.key, found.title, found.slug) == ("wordpress:https://old.example/?p=1", "Post 1", "post-1")
        assert (found.content, found.excerpt) == ("<p>Hello <b>you</b></p>\n", "In short")
        assert found.authors == (SourceAuthor(key="mira", name="Mira Olsen"),)
        assert (found.tags, found.category) == (("Open data",), "News")
        assert found.published_at == datetime(2015, 3, 4, 10, 20, 30, tzinfo=UTC)
        assert found.old_urls == ("https://old.example/2015/03/post-1/", "/?p=1")
        assert found.hosts == ("old.example", "www.old.example")

    @pytest.mark.parametrize("values", [{"status": "draft"}, {"status": "private"}, {"post_password": "x"}])
    def test_leaves_a_draft_what_was_not_public(self, tmp_path: Path, values: dict[str, str]) -> None:
        assert post_of(write(tmp_path, "blog.xml", wxr(item(**values)))).private

    def test_leaves_pages_and_attachments_and_the_trash_out(self, tmp_path: Path) -> None:
        items = item(post_type="page") + item(number=2, post_type="attachment") + item(number=3, status="trash")
        reasons = skipped(write(tmp_path, "blog.xml", wxr(items)))
        assert sorted(reasons.values()) == [
            "an upload: images come along with the posts that show them",
            "in the trash",
            "type page",
        ]

    def test_finds_uploads_that_were_copied_beside_it(self, tmp_path: Path) -> None:
        write(tmp_path, "wp-content/uploads/a.png", png())
        html = '<img src="https://old.example/wp-content/uploads/a.png"><img src="https://else.example/b.png">'
        [picture] = post_of(write(tmp_path, "blog.xml", wxr(item(html)))).images
        assert picture.path == tmp_path / "wp-content/uploads/a.png"

    def test_expands_captions_and_embeds_and_names_other_shortcodes(self, tmp_path: Path) -> None:
        html = (
            '[caption id="a"]<img src="/a.png" /> A boat[/caption] [sic] [gallery ids="1,2"][embed]https://v.example/1[/embed]'
        )
        found = post_of(write(tmp_path, "blog.xml", wxr(item(html))))
        assert '<figure><img src="/a.png"><figcaption>A boat</figcaption>\n</figure>' in found.content
        assert "[sic]" in found.content
        assert '<a href="https://v.example/1">' in found.content
        assert [loss.what for loss in found.losses] == ['[gallery ids="1,2"]']

    def test_names_blocks_that_the_server_filled(self, tmp_path: Path) -> None:
        block = '<!-- wp:latest-posts {"postsToShow":3} /-->'
        html = f"<!-- wp:paragraph --><p>a</p><!-- /wp:paragraph -->\n{block}\n<!-- wp:image {{}} --><p>b</p><!-- /wp:image -->"
        found = post_of(write(tmp_path, "blog.xml", wxr(item(html))))
        assert [loss.what for loss in found.losses] == [block]
        assert found.content == "<p>a</p>\n\n<p>b</p>\n"

    def test_links_an_address_that_was_a_card(self, tmp_path: Path) -> None:
        card = "https://social.example/a/1?b=1&amp;c=2"
        wrapper = f'<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\n{card}\n</div></figure>'
        wrapped = f"<!-- wp:embed -->{wrapper}<!-- /wp:embed -->"
        found = posts_of(
            write(tmp_path, "blog.xml", wxr(item(f"One.\n\n{card}\n\n<!--more-->\n\nTwo.") + item(wrapped, number=2)))
        )
        link = f'<a href="{card}">{card}</a>'
        assert found[0].content == f"<p>One.</p>\n\n<p>{link}</p>\n\n<p>Two.</p>\n"
        assert link in found[1].content

    def test_leaves_an_address_in_code_and_in_a_link_alone(self, tmp_path: Path) -> None:
        code = "<pre>\nhttps://www.youtube.com/watch?v=znjMWmbjtgg\n</pre>"
        link = '<a href="/x">\nhttps://a.example\n</a>'
        found = post_of(write(tmp_path, "blog.xml", wxr(item(f"<!-- wp:html -->{code}<p>{link}</p><!-- /wp:html -->"))))
        assert code.replace("<pre>\n", "<pre>") in found.content.replace("<pre>\n", "<pre>")
        assert found.content.count("<a ") == 1

    def test_that_was_cut_off_gives_the_whole_posts_and_names_the_broken_one(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", wxr(item() + item(number=2)).replace("</channel></rss>", "<item><title>cut"))
        found = list(read(path))
        assert [each.key for each in found if isinstance(each, SourcePost)] == [
            "wordpress:https://old.example/?p=1",
            "wordpress:https://old.example/?p=2",
        ]
        [reason] = failed(path).values()
        assert reason.startswith("the export ends in the middle of this post")

    def test_names_one_broken_item_and_reads_the_others(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", wxr(item(post_date_gmt="2015-99-99 10:00:00") + item(number=2)))
        assert list(failed(path)) == ["blog.xml:8 (Post 1)"]

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
        assert failed(write(tmp_path, "blog.xml", text)) == {"blog.xml": "refused: a DTD or entity in the XML"}

    def test_refuses_endless_nesting_and_other_xml(self, tmp_path: Path) -> None:
        deep = write(tmp_path, "deep.xml", wxr("<a>" * 100_000))
        assert failed(deep)["deep.xml"] == "XML nested more than 40 deep"
        other = write(tmp_path, "other.xml", "<feed/>")
        assert failed(other)["other.xml"] == "not a WordPress export: its first element is 'feed'"


class TestLaidOutHtml:
    def test_passes_through_markdown_untouched(self) -> None:
        html = "<p>One *star* and _under_</p>\nbare [text]\nsecond line\n\n<pre>a\n\n  *b*</pre>\n<ul><li>1. x</li></ul>"
        shown = render(html_blocks(html))
        assert "One *star* and _under_" in shown
        assert "<pre>a\n" in shown
        assert "  *b*</pre>" in shown
        assert "<em>" not in shown

    def test_is_sanitised(self) -> None:
        assert "script" not in html_blocks("<p>a</p><script>alert(1)</script><img src=x onerror=alert(1)>")
        assert "onerror" not in html_blocks("<img src=x onerror=alert(1)>")


class TestAGhostExport:
    def test_gives_a_post_with_all_that_it_had(self, tmp_path: Path) -> None:
        write(tmp_path, "content/images/a.png", png())
        row = {
            "html": '<p><img src="__GHOST_URL__/content/images/a.png"></p>',
            "feature_image": "__GHOST_URL__/content/images/a.png",
        }
        found = post_of(write(tmp_path, "ghost.json", ghost({**row, "custom_excerpt": "In short"})))
        assert (found.key, found.title, found.slug, found.excerpt) == ("ghost:u1", "Hello", "hello-1", "In short")
        assert [author.name for author in found.authors] == ["Nia Obi", "Tom Ek"]
        assert (found.tags, found.cover) == (("News",), "/content/images/a.png")
        assert found.published_at == datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)
        assert [picture.path for picture in found.images] == [tmp_path / "content/images/a.png"]

    def test_leaves_a_draft_what_was_for_members(self, tmp_path: Path) -> None:
        path = write(tmp_path, "ghost.json", ghost({"visibility": "paid"}, {"status": "draft"}, {}))
        assert [bool(found.private) for found in posts_of(path)] == [True, True, False]

    def test_leaves_pages_out(self, tmp_path: Path) -> None:
        assert skipped(write(tmp_path, "ghost.json", ghost({"type": "page"}))) == {"ghost.json (Hello)": "type page"}

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"db": [{"data": {}}]}', "[" * 200_000, '{"data": {"posts": {}}}', '{"db": [7]}', "7"]
    )
    def test_is_refused_by_name_when_it_is_none(self, tmp_path: Path, text: str) -> None:
        reason = failed(write(tmp_path, "ghost.json", text))["ghost.json"]
        assert reason.startswith(("not JSON", "not a Ghost export"))

    def test_with_odd_rows_names_them(self, tmp_path: Path) -> None:
        text = ghost({"title": None, "slug": 7, "html": "x", "published_at": "soon"}, {"html": None, "lexical": "{}"})
        reasons = failed(write(tmp_path, "ghost.json", text))
        assert reasons["ghost.json (7)"].startswith("date 'soon' cannot be read")
        assert reasons["ghost.json (Hello)"] == "its Lexical document has no root"

    def test_with_lone_surrogates_is_read(self, tmp_path: Path) -> None:
        text = json.dumps(json.loads(ghost({"title": "a\ud800b"})))
        assert post_of(write(tmp_path, "ghost.json", text)).title == "a?b"


class TestAPath:
    def test_that_is_no_source_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotRead, match="there is no such file"):
            read(tmp_path / "nowhere")
        with pytest.raises(CannotRead, match="unpack archives first"):
            read(write(tmp_path, "blog.zip", b"PK"))
