"""Colours that can be read, style sheets and code that a browser lets through; others are refused."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from app.site import current
from app.site.colours import contrast, parse, readable
from app.site.custom_css import validate_css
from app.site.head_code import read
from app.site.themes import variables

SCHEMES = re.compile(r":root \{ (--paper.*?) \}")
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


class TestATheme:
    @given(st.sampled_from(["afterword", "broadsheet", "plain"]), COLOURS)
    def test_can_be_read_with_every_accent(self, theme: str, accent: str) -> None:
        schemes = SCHEMES.findall(variables(theme, accent, "newsreader"))
        assert len(schemes) == 2
        for scheme in schemes:
            shades = {name: parse(value) for name, value in re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", scheme)}
            for ground in ("paper", "sheet", "wash"):
                for text in ("ink", "soft", "accent", "accent-strong"):
                    assert contrast(shades[text], shades[ground]) >= 4.5, (scheme, text, ground)
            assert contrast(shades["on-accent"], shades["accent"]) >= 4.5
            assert contrast(shades["on-accent"], shades["accent-strong"]) >= 4.5

    def test_is_the_style_sheet_alone_where_nothing_was_chosen(self) -> None:
        assert variables("afterword", "", "newsreader") == ""

    def test_keeps_an_accent_that_can_be_read(self) -> None:
        assert readable((36, 56, 184), [(255, 255, 255)]) == (36, 56, 184)

    def test_measures_contrast_as_wcag_does(self) -> None:
        assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
        assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.django_db
class TestTheStyleSheet:
    def test_is_asked_for_under_its_version(self, client: Client) -> None:
        assert b"site.css" not in client.get("/").content
        current.change(accent="#9c1f14", fonts="sans", custom_css=".lead { border: 1px solid }")
        page = client.get("/").content.decode()
        (path,) = re.findall(r'href="(/site\.css\?v=[0-9a-f]+)"', page)
        answer = client.get(path)
        assert "immutable" in answer["Cache-Control"]
        assert b"--accent: #9c1f14" in answer.content
        assert answer.content.endswith(b".lead { border: 1px solid }")
        assert client.get("/site.css?v=0")["Cache-Control"] == "no-cache"

    def test_does_not_reach_the_studio(self, admin_client: Client) -> None:
        current.change(custom_css="* { display: none }")
        assert b"site.css" in admin_client.get("/").content
        assert b"site.css" not in admin_client.get("/studio/").content


class TestOwnCss:
    @pytest.mark.parametrize(
        "css",
        [
            "",
            "/* @import */ p { color: red }",
            ".lead { background: url('https://cdn.example/a.png') }",
            "@media print { .masthead { display: none } }",
            "@font-face { font-family: X; src: url(/media/x.woff2) }",
        ],
    )
    def test_that_works_is_taken(self, css: str) -> None:
        validate_css(css)

    @pytest.mark.parametrize(
        ("css", "why"),
        [
            ("@import url(https://fonts.example/a.css);", "@import"),
            ("@font-face { font-family: X; src: url(https://fonts.example/x.woff2) }", "Fonts"),
            ("p { background: url(http://plain.example/a.png) }", "https"),
            ("</style><script>alert(1)</script>", "HTML"),
            ("p { color: red", "braces"),
            ("@\\69mport url(x)", "backslashes"),
        ],
    )
    def test_that_a_browser_would_block_is_refused(self, css: str, why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            validate_css(css)


class TestCode:
    def test_is_allowed_by_host_and_by_digest(self) -> None:
        code = read(
            '<meta name="verification" content="a&quot;b">\n'
            '<script defer data-domain="x.example" src="https://plausible.example/js/script.js"></script>\n'
            "<script>window.a = 1 < 2 && 'x'</script>"
        )
        assert code.markup == (
            '<meta name="verification" content="a&quot;b">\n'
            '<script defer data-domain="x.example" src="https://plausible.example/js/script.js"></script>\n'
            "<script>window.a = 1 < 2 && 'x'</script>"
        )
        assert code.policy["connect-src"] == ["'self'", "https://plausible.example"]
        assert code.policy["script-src"][0] == "'self'"
        assert code.policy["script-src"][1].startswith("'sha256-")
        assert code.policy["script-src"][2] == "https://plausible.example"

    def test_of_a_tag_that_only_says_something_opens_nothing(self) -> None:
        assert read('<meta property="fb:app_id" content="1"><link rel="me" href="https://social.example/@us">').policy == {}

    @pytest.mark.parametrize(
        "code",
        [
            "<style>p {}</style>",
            '<iframe src="https://x.example"></iframe>',
            '<script src="http://x.example/a.js"></script>',
            '<script src="//x.example/a.js"></script>',
            '<script src="https://x.example; script-src *"></script>',
            '<script src="https://user@x.example/a.js"></script>',
            '<script src="https://x.example/a.js">alert(1)</script>',
            '<script onload="alert(1)" src="https://x.example/a.js"></script>',
            '<meta http-equiv="refresh" content="0">',
            '<link rel="stylesheet" href="https://x.example/a.css">',
            "<script>alert(1)",
            "plain words",
            "<!DOCTYPE html>",
        ],
    )
    def test_that_the_policy_would_block_is_refused(self, code: str) -> None:
        with pytest.raises(ValidationError):
            read(code)

    @pytest.mark.django_db
    def test_is_on_readers_pages_alone(self, admin_client: Client) -> None:
        current.change(head_code='<script src="https://count.example/a.js"></script>')
        page = admin_client.get("/")
        assert b'<script src="https://count.example/a.js"></script>' in page.content
        assert "script-src 'self' https://count.example" in page["Content-Security-Policy"]
        for path in ("/studio/", "/account/", "/studio/settings/"):
            page = admin_client.get(path)
            assert page.status_code == 200
            assert b"count.example" not in page.content
            assert "count.example" not in page["Content-Security-Policy"]

    @pytest.mark.django_db
    def test_is_allowed_on_a_page_from_the_cache(self, client: Client) -> None:
        current.change(head_code="<script>1</script>")
        first, second = client.get("/archive/"), client.get("/archive/")
        assert first.content == second.content
        assert first["Content-Security-Policy"] == second["Content-Security-Policy"]
        assert "'sha256-" in second["Content-Security-Policy"]
