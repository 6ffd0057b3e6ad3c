"""What other writers of exports and sites have in their files: nothing lost, nothing public that was not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importer.sites import ghost, item, post, post_of, posts_of, skipped, write, wxr

pytestmark = pytest.mark.covers("D13")
HUGO = 'baseURL = "https://old.example/"\n'
GATED = '<!--kg-gated-block:begin nonMember:{} memberSegment:"status:free" -->{}<!--kg-gated-block:end-->'


def private(path: Path) -> dict[str, str]:
    return {found.file: found.private for found in posts_of(path) if found.private}


class TestPagesOfHugo:
    def test_beside_and_below_an_index_are_no_pages(self, tmp_path: Path) -> None:
        write(tmp_path, "hugo.toml", HUGO)
        for name in ("a/index.md", "a/index.fr.md", "a/notes.md", "a/below/deep.md", "b/_index.md", "b/c.md"):
            post(tmp_path, f"content/posts/{name}")
        reason = "has no page (part of the post in its folder)"
        assert private(tmp_path) == dict.fromkeys(("content/posts/a/below/deep.md", "content/posts/a/notes.md"), reason)

    @pytest.mark.parametrize("name", ["content/_index.md", "hugo.toml"])
    def test_keep_what_a_cascade_says_of_some_of_them(self, tmp_path: Path, name: str) -> None:
        rule = '[[cascade]]\n[cascade.build]\nrender = "never"\n[cascade.target]\npath = "/secret/**"\n'
        write(tmp_path, "hugo.toml", HUGO)
        write(tmp_path, name, HUGO + rule if name == "hugo.toml" else f"+++\n{rule}+++\n")
        post(tmp_path, "content/secret/a.md")
        post(tmp_path, "content/open/b.md")
        assert private(tmp_path) == {"content/secret/a.md": "has no page (build options)"}


class TestPagesOfOtherGenerators:
    def test_of_zola_are_drafts_in_a_section_that_is_one(self, tmp_path: Path) -> None:
        write(tmp_path, "config.toml", 'base_url = "https://old.example"\n')
        write(tmp_path, "content/a/_index.md", "+++\ndraft = true\n+++\n")
        post(tmp_path, "content/a/deep/x.md")
        post(tmp_path, "content/b/y.md", render=False)
        post(tmp_path, "content/b/z.md")
        assert list(private(tmp_path)) == ["content/a/deep/x.md", "content/b/y.md"]

    def test_of_eleventy_stay_out_where_it_ignores_them(self, tmp_path: Path) -> None:
        write(tmp_path, "eleventy.config.js", "")
        write(tmp_path, ".eleventyignore", "# not ready\n./posts/later\n")
        post(tmp_path, "posts/later/a.md")
        post(tmp_path, "posts/b.md")
        assert [found.file for found in posts_of(tmp_path)] == ["posts/b.md"]
        assert skipped(tmp_path) == {"posts/later/a.md": "left out by the site's configuration"}

    @pytest.mark.parametrize("name", ["2020-01-02/index.md", "2020/01/02/trip.md", "2020-01-02-trip/index.md"])
    def test_of_docusaurus_have_the_date_of_their_folder(self, tmp_path: Path, name: str) -> None:
        write(tmp_path, "docusaurus.config.js", "")
        write(
            tmp_path, f"blog/{name}", "---\ntitle: A trip\n---\nWords. {/* a note to myself */}\n\n```js\n{/* code */}\n```\n"
        )
        found = post_of(tmp_path)
        assert found.published_at is not None
        assert found.published_at.date().isoformat() == "2020-01-02"
        assert found.content == "Words. \n\n```js\n{/* code */}\n```\n"


class TestTags:
    def test_that_are_not_known_are_named_as_they_were_written(self, tmp_path: Path) -> None:
        write(tmp_path, "hugo.toml", HUGO)
        post(tmp_path, "content/a.md", '{{< details summary="See the `details`" >}}\nWords.\n{{< /details >}}')
        found = post_of(tmp_path)
        assert [(loss.what, loss.line) for loss in found.losses] == [('{{< details summary="See the `details`" >}}', 5)]

    def test_for_figures_without_a_picture_show_none(self, tmp_path: Path) -> None:
        write(tmp_path, "_config.yml", "title: x")
        post(tmp_path, "_posts/2020-01-02-a.md", '{% figure [caption:"x"] %}\nWords.\n{% endfigure %}')
        assert post_of(tmp_path).content == "Words.\n"

    def test_for_quotations_name_their_source(self, tmp_path: Path) -> None:
        write(tmp_path, "_config.yml", "title: x")
        post(tmp_path, "_posts/2020-01-02-a.md", "{% blockquote Ada, Notes %}\nWords.\n{% endblockquote %}")
        assert "*Ada Notes:*" in post_of(tmp_path).content


class TestAnExportOfGhost:
    def test_shows_only_the_cards_that_every_reader_saw(self, tmp_path: Path) -> None:
        markup = "<p>Open.</p>" + GATED.format("false", "<p>Secret.</p>") + GATED.format("true", "<p>For all.</p>")
        found = post_of(write(tmp_path, "ghost.json", ghost({"html": markup})))
        assert found.content == "<p>Open.</p>\n\n<p>For all.</p>\n"
        assert [loss.what for loss in found.losses] == ["card that not every reader saw"]

    @pytest.mark.parametrize(
        ("card", "words"),
        [
            ({"type": "codeblock", "code": "a", "caption": "Under the code"}, "<p>Under the code</p>"),
            ({"type": "embed", "url": "https://a.example/", "caption": "Under it"}, "<p>Under it</p>"),
            ({"type": "file", "src": "/f.pdf", "fileName": "f.pdf", "fileCaption": "A & <T>"}, "<p>A &amp; &lt;T&gt;</p>"),
            ({"type": "header", "header": "H", "buttonText": "Go", "buttonUrl": "https://a.example/"}, ">Go</a>"),
            ({"type": "list", "listType": "number", "start": 3, "children": []}, '<ol start="3">'),
            ({"type": "call-to-action", "textValue": "Buy", "sponsorLabel": "Paid by X"}, "Paid by X"),
        ],
        ids=lambda value: value["type"] if isinstance(value, dict) else "",
    )
    def test_loses_no_words_of_a_card(self, tmp_path: Path, card: dict[str, Any], words: str) -> None:
        document = json.dumps({"root": {"type": "root", "children": [card]}})
        found = post_of(write(tmp_path, "ghost.json", ghost({"html": None, "lexical": document})))
        assert words in found.content


class TestAnExportOfWordPress:
    def test_without_a_status_is_not_public(self, tmp_path: Path) -> None:
        text = wxr(item()).replace("<wp:status>publish</wp:status>", "")
        assert post_of(write(tmp_path, "blog.xml", text)).private

    def test_with_one_date_that_cannot_be_read_has_the_other(self, tmp_path: Path) -> None:
        text = wxr(item(post_date_gmt="soon", post_date="2015-03-04 10:20:30"))
        found = post_of(write(tmp_path, "blog.xml", text))
        assert found.published_at is not None
        assert found.published_at.date().isoformat() == "2015-03-04"

    def test_that_is_a_plain_feed_has_its_words(self, tmp_path: Path) -> None:
        text = "<rss><channel><item><title>One</title><link>https://old.example/1</link>"
        text += "<description>&lt;p&gt;Words.&lt;/p&gt;</description></item></channel></rss>"
        assert post_of(write(tmp_path, "feed.xml", text)).content == "<p>Words.</p>\n"
