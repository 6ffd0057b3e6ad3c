"""Code in posts comes through as it was written, whatever is around it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.blog.markdown import render
from app.importer.html_blocks import code_block, html_blocks
from app.importer.hugo_shortcodes import expand_hugo
from app.importer.kramdown import without_attributes
from app.importer.liquid_templates import Page, expand
from app.importer.markdown_code import code_span, fenced, mask_code, unmask_code
from app.importer.markdown_urls import Gone, rewritten
from app.importer.media_embeds import with_media
from app.importer.wordpress_shortcodes import Shortcodes
from app.importer.wpautop import paragraphs
from tests.importer.sites import item, post, post_of, write, wxr

pytestmark = pytest.mark.covers("D13")
WORDS = [
    *("{:ok, pid}", "{: .note}", "{{ .Title }}", "{% if x %}", "{% endif %}", "![a](/b.png)", "[about](/about/)", "[gallery]"),
    *(
        "<iframe src='https://vimeo.com/123456'></iframe>",
        "<img src=/c.png>",
        "<T>",
        "&amp;",
        "{{< figure src=x >}}",
        "[x]: /y",
    ),
    *("`", "~~~", "\t", "  ", "\n", "\n\n", "word", "*", "[TOC]", "{#id}", "\\", "https://youtu.be/znjMWmbjtgg"),
]
CODE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map("".join)
MARKDOWN = MarkdownIt("commonmark").enable("table")


def code_in(text: str) -> list[str]:
    """Return the code that a Markdown parser sees."""
    found = []
    for token in MARKDOWN.parse(text):
        if token.type in {"fence", "code_block"}:
            found.append(token.content)
        found += [child.content for child in token.children or () if child.type == "code_inline"]
    return found


def through(text: str) -> str:
    """Return a text of a Jekyll post after all that the importer does to prose."""
    text = expand(text, Page())
    text, _ = without_attributes(text, kramdown=True, goldmark=True)
    text = with_media(text, lambda what: None, markdown=True)
    return rewritten(text, image=lambda url: Gone(), link=lambda url: Gone())


SOUP = st.lists(st.sampled_from([*WORDS, "```", "    ", "<pre>", "</pre>", "<!--", "-->", "- ", "> ", "``"]), max_size=30).map(
    "".join
)


class TestMarkdownCode:
    @settings(max_examples=300)
    @given(CODE, st.sampled_from(["fence", "tilde", "indented", "list", "quote", "span"]))
    def test_comes_through_byte_for_byte(self, code: str, kind: str) -> None:
        lines = code.replace("\t", "    ").strip("\n").split("\n")
        shapes = {
            "fence": fenced(code, "elixir"),
            "tilde": "~~~~~\n" + code.replace("~~~", "~~") + "\n~~~~~",
            "indented": "\n".join(f"    {line}" for line in lines),
            "list": "- item\n\n" + "\n".join(f"      {line}" for line in lines),
            "quote": "\n".join(f"> {line}" for line in fenced(code).split("\n")),
            "span": "Call " + code_span(" ".join(code.split()) or "x") + " now.",
        }
        text = f"Before.\n\n{shapes[kind]}\n\nAfter {{: .x}} [b](/gone).\n"
        assert code_in(through(text)) == code_in(text)
        assert "After" in through(text)

    @settings(max_examples=300)
    @given(SOUP)
    def test_is_put_aside_and_back_whatever_the_text(self, text: str) -> None:
        assert unmask_code(*mask_code(text)) == text

    def test_that_hugo_escapes_is_shown_as_hugo_shows_it(self) -> None:
        text = "```\n{{</* figure src=x */>}}\n{{< figure src=x >}}\n```\n"
        assert expand_hugo(text, Page()) == "```\n{{< figure src=x >}}\n{{< figure src=x >}}\n```\n"

    def test_that_liquid_protects_is_shown_as_liquid_shows_it(self) -> None:
        assert expand("```\n{% raw %}{{ x }} {:a}{% endraw %}\n```\n", Page()) == "```\n{{ x }} {:a}\n```\n"

    @pytest.mark.parametrize("config", ["hugo.yml", "config.yaml", "astro.config.mjs", "docusaurus.config.js", "content.txt"])
    def test_of_a_site_without_liquid_keeps_its_braces_in_prose_too(self, tmp_path: Path, config: str) -> None:
        write(tmp_path, config, "title: x\nbaseURL: https://a.example\n")
        post(tmp_path, "content/posts/a.md", "Write `{{ .Title }}` or {{ name }}.\n\n```\n{% if x %}\n```")
        assert post_of(tmp_path).content == "Write `{{ .Title }}` or {{ name }}.\n\n```\n{% if x %}\n```\n"

    def test_of_zola_keeps_its_braces(self, tmp_path: Path) -> None:
        write(tmp_path, "config.toml", 'base_url = "https://a.example"\n')
        write(tmp_path, "content/a.md", '+++\ntitle = "A"\ndate = 2024-01-01\n+++\n`{{ x() }}` {{ youtube(id="abcde") }}\n')
        found = post_of(tmp_path).content
        assert "`{{ x() }}`" in found
        assert "https://www.youtube-nocookie.com/embed/abcde" in found


class TestHtmlCode:
    @settings(max_examples=300)
    @given(CODE, st.sampled_from(["{}", "<ul><li>{}</li></ul>", "<blockquote>{}</blockquote>", "<div>\n\n{}\n\n</div>"]))
    @example("\n\t\n", "<ul><li>{}</li></ul>")
    def test_comes_through_a_wordpress_post_byte_for_byte(self, code: str, around: str) -> None:
        shortcodes = Shortcodes()
        expanded = shortcodes.expanded("Before.\n\n" + around.replace("{}", code_block(code)) + "\nAfter.")
        page = render(html_blocks(shortcodes.with_code(paragraphs(expanded))))
        [shown] = re.findall(r"<pre><code>(.*?)</code></pre>", page, re.S)
        assert html.unescape(shown) == re.sub(r"\[(\[gallery\])\]", r"\1", code)
        assert "After." in page

    @pytest.mark.parametrize(
        ("shortcode", "language"),
        [("[code]{}[/code]", ""), ('[sourcecode language="java"]{}[/sourcecode]', "java"), ("[php]{}[/php]", "php"),
         ('[cc lang="sql"]{}[/cc]', "sql"), ("[code lang=python]{}[/code]", "python")],
    )  # fmt: skip
    @pytest.mark.parametrize(
        "code", ["List<String> a;\n\nif (a < b) { }\n[gallery]", "a &amp;&amp; b\nc &lt; d", "$a[1];\n\n\n  y"]
    )
    def test_in_a_shortcode_is_a_block_of_code(self, tmp_path: Path, shortcode: str, language: str, code: str) -> None:
        found = post_of(write(tmp_path, "blog.xml", wxr(item(f"Before.\n\n{shortcode.replace('{}', code)}\n\nAfter."))))
        page = render(found.content)
        [(name, shown)] = re.findall(r'<pre><code(?: class="language-(\w+)")?>(.*?)</code></pre>', page, re.S)
        assert name == language
        assert html.unescape(shown) == (code if "<" in code or "&" not in code else html.unescape(code))
        assert found.losses == ()

    def test_has_no_invisible_characters(self, tmp_path: Path) -> None:
        found = post_of(write(tmp_path, "blog.xml", wxr(item("<pre><code>a = 1\n\nb = 2\n</code></pre>"))))
        assert found.content == "<pre><code>a = 1\n\nb = 2\n</code></pre>\n"

    def test_in_an_element_with_markdown_inside_is_still_code(self, tmp_path: Path) -> None:
        body = '<div class="note" markdown="1">\n*Words*, and `<div markdown="1">`\n\n    <div markdown="1">\n</div>\n'
        write(tmp_path, "_config.yml", "markdown: kramdown\n")
        post(tmp_path, "_posts/2020-01-02-a.md", body)
        shown = render(post_of(tmp_path).content)
        assert "<em>Words</em>" in shown
        assert '<code>&lt;div markdown="1"&gt;</code>' in shown
        assert '<pre><code>&lt;div markdown="1"&gt;' in shown
