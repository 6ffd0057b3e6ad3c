import time

import pytest
from lxml import html as lxml_html

from app.blog.errors import ContentTooLong
from app.blog.markdown import render, render_comment
from app.blog.plain_text import plain_text
from app.blog.text import CONTENT_LIMIT

HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<a href=\"javascript:alert(1)\" onclick='alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    "[x](vbscript:x)",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=https://evil.example><input name=password></form>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed;top:0;background:url(javascript:x)'>x</p>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<math><mtext></p><style><img src=x onerror=alert(1)></style>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    '"><script>alert(1)</script>',
    '<a href="x" data-hx-get="/x" hx-get=\'/x\'>x</a>',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]
TAGS = ("<script", "<iframe", "<object", "<embed", "<form", "<input", "<style", "<base", "<meta", "<svg", "<math")
ATTRIBUTES = ("onerror", "onload", "onclick", "position:", "hx-get", 'href="javascript', 'href="data', 'href="vbscript')
FORBIDDEN = (*TAGS, *ATTRIBUTES, 'src="data', 'src="javascript')


class TestRendering:
    @pytest.mark.covers("M2")
    @pytest.mark.parametrize("text", HOSTILE)
    def test_leaves_nothing_that_acts(self, text):
        for markup in (render(text), render_comment(text)):
            # A tag shown as text is harmless; what counts is what a browser takes for a tag.
            tags = "".join(part.split(">")[0] for part in ("<" + piece for piece in markup.split("<")[1:]))
            assert not [word for word in FORBIDDEN if word in tags.lower()]

    def test_keeps_what_writers_use(self):
        markup = render("# Hi\n\n|a|b|\n|-|-|\n|1|2|\n\n~~no~~ www.example.com[^1]\n\n![alt](/media/a.png)\n\n[^1]: Note.\n")

        for part in ('<h1 id="hi">', "<table>", "<s>no</s>", 'href="http://www.example.com"', 'id="fn1"', 'loading="lazy"'):
            assert part in markup

    def test_gives_headings_of_one_name_different_ids(self):
        assert [f'id="a{suffix}"' in render("# A\n\n## A\n\n### A") for suffix in ("", "-2", "-3")] == [True, True, True]

    def test_removes_control_characters(self):
        assert render("a\x00b\x1bc\x9fd\u202ee\ufefff") == "<p>abcdef</p>\n"

    @pytest.mark.parametrize("text", ["\ud800", "x" * 10 + "\udfff"])
    def test_survives_broken_unicode(self, text):
        render(text).encode()

    def test_refuses_what_is_too_long_and_names_the_limit(self):
        with pytest.raises(ContentTooLong, match="5,242,880 bytes; at most 524,288"):
            render("x" * 5 * 2**20)
        with pytest.raises(ContentTooLong):
            render("é" * (CONTENT_LIMIT // 2 + 1))

    @pytest.mark.parametrize(
        "text", ["<div>" * 50_000, "a <b>" * 50_000, "[" * 20_000, "> " * 50_000, "# a\n" * 5_000, "![" * 10_000]
    )
    def test_does_not_hang_on_deep_or_open_structures(self, text):
        start = time.monotonic()
        render(text)

        assert time.monotonic() - start < 30

    def test_of_comments_allows_less(self):
        markup = render_comment("# Big\n\n![i](http://a.example/i.png) <b>x</b> http://a.example")

        assert "<h1" not in markup
        assert "<img" not in markup
        assert "<b>" not in markup
        assert 'rel="nofollow ugc noopener"' in markup

    def test_of_a_footnote_named_twice_leads_back_to_both(self):
        markup = render("One[^a] and two[^a].\n\n[^a]: Note.")
        page = lxml_html.fromstring(f"<div>{markup}</div>")
        back = page.xpath("//a[@class='footnote-backref']/@href")
        assert len(back) == 2
        assert all(page.xpath(f"//*[@id='{address[1:]}']") for address in back)

    @pytest.mark.parametrize(
        "url", ["tel:+4930123", "sms:+4930", "xmpp:a@b.example", "matrix:r/x:b.example", "irc://b.example/x"]
    )
    def test_links_calls_and_chats(self, url):
        assert f'href="{url}"' in render(f'<a href="{url}">call</a>')
        assert "src=" not in render(f'<img src="{url}" alt="x">')


class TestPlain:
    def test_keeps_the_words_apart(self):
        assert plain_text(render("# One\n\nTwo & *three*\n\n- four\n- five")) == "One Two & three four five"


class TestACodeBlock:
    def test_keeps_its_language_without_what_a_tool_is_to_do_with_it(self) -> None:
        assert render("```rust,no_run\nlet a;\n```") == '<pre><code class="language-rust">let a;\n</code></pre>\n'
        assert "class" not in render("```rust<b>\n```")
