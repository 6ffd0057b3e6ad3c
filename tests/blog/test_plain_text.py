"""Text of HTML and HTML of text, and how text is shortened."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import grapheme
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from app.blog.markdown import render
from app.blog.plain_text import beginning, escaped, plain_text
from app.blog.truncation import clusters, cut, shortened

FORBIDDEN = "\x01\x08\x0b\x1b\x7f\x9f\ufdd0\ufffe\uffff"
PIECES = [
    "<T>",
    "&amp;",
    "&",
    "]]>",
    "<!--",
    "-->",
    "&nbsp;",
    "\xa0",
    "“",
    '"',
    "'",
    "\u200f",
    "שלום",
    "é",
    "e\u0301",
    "a",
    " ",
]
FAMILY = "👩‍👩‍👧"
CLUSTERS = [*PIECES, FAMILY, "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "कि", "👍🏽", "🇩🇪"]
words = st.lists(st.sampled_from([*PIECES, FAMILY])).map("".join) | st.text(st.characters(codec="utf-8"))
clean_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]))


def squeezed(text: str) -> str:
    return " ".join(text.split())


class TestPlainText:
    @pytest.mark.parametrize(
        ("markup", "shown"),
        [
            ("<p>Fish &amp; chips cost &lt; 5 pounds.</p>", "Fish & chips cost < 5 pounds."),
            ("<p>One</p><p>two</p><ul><li>three</li><li>four</li></ul>", "One two three four"),
            ("<h2>Head</h2>Text<br>line<div>more</div>", "Head Text line more"),
            ("un<b>believ</b>able <code>Vec&lt;T&gt;</code>", "unbelievable Vec<T>"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b c"),
            ("<dl><dt>Term</dt><dd>what it is</dd></dl><figure>x<figcaption>y</figcaption></figure>", "Term what it is x y"),
            ("a<!-- hidden > --><script>b()</script><style>c{}</style>d<template>e</template>", "ad"),
            ("&amp;lt;b&amp;gt; and &#x1F600; &eacute;&nbsp;&nbsp;x", "&lt;b&gt; and 😀 é x"),
            ('<p>Smile <img src="s.png" alt=":-)"> now</p>', "Smile :-) now"),
            ('<figure><img src="a.png" alt="A chart"></figure><p>Words.</p>', "Words."),
            ('<p><img src="a.png" alt="A &lt;chart&gt; &quot;b&quot;"></p>', 'A <chart> "b"'),
            ('<p>a</p><img src="a.png" title="x > y" alt=""><p>b</p>', "a b"),
            ("<iframe src=x>fallback</iframe><video>old browser</video>seen", "seen"),
            ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
            ("broken <b>markup <a href='x", "broken markup"),
            ("", ""),
        ],
    )
    def test_is_what_people_read(self, markup: str, shown: str) -> None:
        assert plain_text(markup) == shown

    def test_of_a_post_has_no_marks_of_footnotes(self) -> None:
        assert plain_text(render("One[^a] two[^a].\n\n[^a]: Note.")) == "One two. Note."

    @given(clean_words)
    def test_agrees_with_another_parser(self, text: str) -> None:
        shown = lxml_html.fromstring(f"<div>{render(text)}</div>").text_content()
        assert squeezed(plain_text(render(text))).replace(" ", "") == "".join(shown.split())

    @pytest.mark.parametrize(
        "part", ["<div>", "<a ", "<p ", "<", "&", "<!--", "<![CDATA[", '<a title="', "<br>", "<img alt=x>"]
    )
    def test_takes_linear_time(self, part: str) -> None:
        begun = time.process_time()
        plain_text(part * 40_000)
        beginning(part * 40_000, 9_000)
        assert time.process_time() - begun < 10

    def test_of_a_beginning_has_no_half_of_a_tag_or_an_entity(self) -> None:
        markup = 'ab <a href="/x?a=1&amp;b" title="c > d">ef</a> &amp; g'
        for size in range(len(markup) + 1):
            text = plain_text(beginning(markup, size))
            assert "ab ef & g".startswith(text), (size, text)


class TestEscaped:
    @given(clean_words)
    def test_and_back_is_the_same(self, text: str) -> None:
        text = "".join(char for char in text if char not in FORBIDDEN)
        assert plain_text(escaped(text)) == squeezed(text)

    @given(words)
    def test_is_well_formed_in_an_element_and_in_an_attribute(self, text: str) -> None:
        element = ElementTree.fromstring(f'<a b="{escaped(text)}">{escaped(text)}</a>')
        assert squeezed(element.text or "") == squeezed(element.attrib["b"]) == plain_text(escaped(text))

    def test_leaves_out_what_breaks_xml(self) -> None:
        assert escaped(f"a{FORBIDDEN}\x00\ud800b") == "ab"


class TestShortening:
    @given(st.lists(st.sampled_from(CLUSTERS)).map("".join), st.integers(2, 60))
    def test_never_cuts_what_people_see_as_one_character(self, text: str, limit: int) -> None:
        shown = cut(text, limit)
        assert len(shown) <= limit
        if shown != text:
            kept = shown.removesuffix("…")
            borders = ["".join(list(grapheme.graphemes(text))[:number]) for number in range(len(text) + 1)]
            assert kept in {border.rstrip(" ,;:.–—-") for border in borders}

    def test_keeps_whole_words(self) -> None:
        assert shortened("one two three four", words=2) == "one two…"
        assert shortened("one two", words=2) == "one two"

    def test_cuts_a_word_of_ten_thousand_letters(self) -> None:
        assert shortened("x" * 10_000, words=50) == "x" * 499 + "…"
        assert cut("x" * 10_000, 300) == "x" * 299 + "…"

    @given(words)
    def test_takes_every_character_once(self, text: str) -> None:
        assert "".join(clusters(text)) == text
