"""The text part of a mail: words as people type them, and nothing that only a machine reads."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.blog.absolute_urls import with_absolute_addresses
from app.blog.markdown import render
from app.mail.html_to_text import html_to_text

PARTS = ["# ", "- ", "1. ", "> ", "    ", "\n\n", "\n", "`", "```\n", "|a|b|\n|-|-|\n", "<b>", "</b>", "[x](/y)", "![z](/q)"]
PARTS += [
    "[^1]",
    "[^1]: n\n",
    "<table><td>",
    "<li>",
    "</ul>",
    "<q>",
    "w ",
    "<a href='/k'><p>",
    "&amp;",
    "&nbsp;",
    "<!--",
    "-->",
]
PAGE = "https://blog.example/posts/one/"


def text_of(markdown: str) -> str:
    return html_to_text(with_absolute_addresses(render(markdown), PAGE))


class TestTheTextPart:
    @pytest.mark.parametrize(
        ("markdown", "text"),
        [
            ("# Fish &amp; chips\n\ncost < 5 *pounds*", "Fish & chips\n\ncost < 5 pounds"),
            ("[a](/x) [b](./y) [c](../z) [d](w) [e](//h/v)", None),
            ("See [the docs][d].\n\n[d]: /docs/ 'title'", "See the docs (https://blog.example/docs/)."),
            ("<https://a.example/> and www.b.example", "https://a.example/ and www.b.example"),
            ("[write](mailto:a@b.example) or [call](tel:+49301)", "write (a@b.example) or call (+49301)"),
            ("[a.example](https://a.example/)", "a.example"),
            ("- one\n- two\n  1. deep\n  2. er", "- one\n- two\n  1. deep\n  2. er"),
            ("5. five\n6. six", "5. five\n6. six"),
            ("> said\n> by one\n>\n> > twice", "> said by one\n>\n> > twice"),
            ("one  \ntwo\nthree", "one\ntwo three"),
            ("```python\nif a < b:\n\n    pass\n```", "if a < b:\n\n    pass"),
            ("Note[^n] and[^n] end.\n\n[^n]: The *note*.", "Note[1] and[1] end.\n\n* * *\n\n[1] The note."),
            ("|Name|Price|\n|-|-|\n|Apples|3|\n|Pears|14|", "Name   Price\nApples 3\nPears  14"),
            ("![A cat](/c.png) sleeps", "A cat sleeps"),
            ("[![A cat](/c.png)](/cat/)", "A cat (https://blog.example/cat/)"),
            ("a<!-- secret --> b\n\n<!-- block -->\n\nc", "a b\n\nc"),
            (
                '<figure><img src="/media/a.png" alt="A chart"><figcaption>Cap</figcaption></figure>\n\n'
                "<table><tr><td>a</td><td>b</td></tr></table>",
                "A chart\nCap\n\na b",
            ),
            ("<details><summary>More</summary>\n\nHidden\n\n</details>", "More\n\nHidden"),
            ("<dl><dt>Term</dt><dd>what it is</dd></dl>", "Term\n    what it is"),
            ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
            (
                '<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>',
                "Watch on YouTube (https://www.youtube.com/watch?v=dQw4w9WgXcQ)",
            ),
            ("-- \n\nnot a signature", "--\n\nnot a signature"),
        ],
    )
    def test_reads_like_a_letter(self, markdown: str, text: str | None) -> None:
        if text is None:
            text = (
                "a (https://blog.example/x) b (https://blog.example/posts/one/y) c (https://blog.example/posts/z)"
                " d (https://blog.example/posts/one/w) e (https://h/v)"
            )
        assert text_of(markdown) == text

    def test_puts_strokes_between_cells_that_do_not_fit_into_columns(self) -> None:
        row = "|".join(["long words " * 4] * 3)
        assert text_of(f"|{row}|\n|-|-|-|\n|a|b|c|").splitlines()[1] == "a | b | c"

    @given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
    def test_holds_every_word_and_no_markup(self, markdown: str) -> None:
        markup, text = render(markdown), text_of(markdown)
        assert text.count("w") == re.sub(r"<[^>]*>", "", markup).count("w")
        assert "<" not in text or "&lt;" in markup
        assert "&" not in text or "&amp;" in markup

    @pytest.mark.parametrize(
        "part", ["<p>a", "a<br>", "<table><tr><td>", "[x](/y) ", "- a\n", "> a\n\n", "|a|b|\n|-|-|\n|c|d|\n\n"]
    )
    def test_takes_linear_time(self, part: str) -> None:
        begun = time.process_time()
        html_to_text(render(part * (25_000 // len(part))))
        assert time.process_time() - begun < 5
