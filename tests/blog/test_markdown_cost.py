"""What hostile Markdown costs: time grows at most as the text does. Measured in CPU time, as a ratio."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from app.blog.markdown import render, render_comment
from app.blog.plain_text import plain_text
from app.mail.html_to_text import html_to_text

PIECES = [
    # addresses
    "://", "a://", "http://a.b/(", "http://a.b/((", "http://a.b/[", "http://a.b/{a", 'http://a.b/"', "http://a.", "http://a-",
    "http://a@", "http://a:", "http://", "www.", "www.a.b/(", "www.a-", "//a.bc/?", "*a* x@b.co ", "a@", "mailto:a@b.",
    "<http://a", "<a@b", "ftp://a ",
    # brackets
    "[", "![", "[é", "]", "[a](", "[a](b", "[a][", "[[a](b)", "[a](<b", "[a](b 'c", "^[a", "^[a]", "[^a]", "[^a]: b\n",
    "[a]: b\n", "[a]: <",
    # emphasis and code
    "*", "*a", "a* ", "*_", "*a_ ", "__a ", "~~a", "`", "`a``b```", "*a `", ") 1. _", "# _",
    # blocks
    "> ", "> - ", "- ", " - a\n", "1. ", "|a", "|a|b|\n|-|-|\n", "# a {#a}\n", "a\n=\n", "~~~", "    a\n",
    # HTML and entities
    "<!--", "<a ", "<![CDATA[", "<div>", "<b>", "<iframe src='", "<video><source ", "<b></p>", "&#", "&amp;", "\\", "<!--<div>",
]  # fmt: skip
RICH = "*a* [b](c) `d` "
assert len(PIECES) >= 60


def cost(action: Callable[[str], object], piece: str, size: int) -> float:
    """Return the CPU seconds of this thread for so many characters."""
    return spent(action, piece * (size // len(piece.encode())))


def spent(action: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    action(text)
    return time.thread_time() - begun


def growth(action: Callable[[str], object], piece: str, small: int, big: int) -> float:
    """Return how many times more each character of the big text costs than of the small one: 1 if time is linear."""
    first = max(min(cost(action, piece, small) for _ in range(3)), 0.002)
    return cost(action, piece, big) / first / (big / small)


class TestHostileMarkdown:
    @pytest.mark.parametrize("piece", PIECES)
    def test_costs_time_in_proportion_to_its_size(self, piece: str) -> None:
        # Quadratic time is eight times as much for each character. Where tags nest too deep (at 2,000 to 8,000 characters) the
        # text is rendered once more, which is a step and no growth: such a piece is measured again beyond it.
        assert growth(render, piece, 2_000, 16_000) < 4 or growth(render, piece, 8_000, 64_000) < 4

    @pytest.mark.slow
    @pytest.mark.parametrize("piece", PIECES)
    def test_costs_time_in_proportion_to_its_size_up_to_the_limit(self, piece: str) -> None:
        assert growth(render, piece, 2**16, 2**19 - 64) < 4

    @pytest.mark.slow
    @pytest.mark.parametrize("piece", PIECES)
    @pytest.mark.parametrize("shown", [html_to_text, plain_text])
    def test_costs_time_in_proportion_in_mails_and_excerpts(self, shown: Callable[[str], str], piece: str) -> None:
        small, big = (render(piece * (size // len(piece))) for size in (2**13, 2**16))
        assert spent(shown, big) < max(spent(shown, small), 0.005) * 8 * 4

    def test_costs_little_in_a_comment(self) -> None:
        # Marks cost some two hundred times what plain words cost, which take a fraction of a millisecond: too short a measure.
        # Nothing costs much more than honest marks without a pause between them.
        render_comment("".join(PIECES))
        honest = min(cost(render_comment, RICH, 9_900) for _ in range(5))
        for piece in PIECES:
            hostile = min(cost(render_comment, piece, 9_900) for _ in range(3))
            assert hostile < honest * 4, f"{piece!r}: {hostile:.3f} s, {honest:.3f} s for honest marks"


class TestLinksWithoutMarks:
    @pytest.mark.parametrize(
        ("text", "href"),
        [
            ("see https://a.example/b_(c)?d=e#f.", "https://a.example/b_(c)?d=e#f"),
            ("**https://a.example/b**", "https://a.example/b"),
            ("(www.a.example/b)", "http://www.a.example/b"),
            ("foo.www.a.example", "http://www.a.example"),
            ("write to ann@example.com.", "mailto:ann@example.com"),
            ("mailto:ann@example.com", "mailto:ann@example.com"),
            ("//a.example/b", "//a.example/b"),
            ("https://a.example/" + "b" * 20_000, "https://a.example/" + "b" * 20_000),
            ("https://a.example/(" + "b" * 200 + ")", "https://a.example/(" + "b" * 200 + ")"),
        ],
    )
    def test_are_found(self, text: str, href: str) -> None:
        assert f'href="{href}"' in render(text)

    @pytest.mark.parametrize(
        "text", ["manage.py", "README.md", r"http\://a.example", "://a.example", "x" * 70 + "://a.example"]
    )
    def test_are_only_addresses(self, text: str) -> None:
        assert "<a" not in render(text)

    def test_are_not_put_into_links(self) -> None:
        assert render("[www.a.example](b)").count("<a") == 1
        assert render('<a href="b">www.a.example</a>').count("<a") == 1
        assert 'href="http://www.a.example"' in render('<a href="b">c</a> www.a.example')

    def test_in_deep_brackets_keep_their_own_link(self) -> None:
        assert 'href="b"' in render("[ [ [ [ [ [ [ [ [a](b)")
        assert 'href="b"' in render("[a [b [c]]](b)")
