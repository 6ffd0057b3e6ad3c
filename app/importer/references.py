"""The URLs in a text: where they are, and how another one takes their place. Code is left alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FENCED = r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\2[`~]*[ \t]*$|\Z)"
CODE = re.compile(rf"({FENCED}|(?<!`)(`+)(?!`)[^\n]{{0,2000}}?(?<!`)\3(?!`))", re.S | re.M)
# No two branches of these patterns match the same text: a hostile file must cost linear time.
TEXT = r"\[(?P<text>(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]"
URL = r"(?:<(?P<angled>[^<>\n]*)>|(?P<bare>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))"
TARGET = r"\(\s*" + URL + r"""(?P<title>\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
MASK = re.compile("\ue000(\\d+)\ue001")
IMAGE = re.compile("!" + TEXT + TARGET, re.S)
LINK = re.compile("(?<!!)" + TEXT + TARGET, re.S)
DEFINITION = re.compile(r"^(?P<lead> {0,3}\[[^\]^\n][^\]\n]*\]:[ \t]*)<?(?P<url>[^\s>]+)>?", re.M)
IMG = re.compile(r"<img\b[^<>]*>", re.I)
ANCHOR = re.compile(r"<a\b(?P<attrs>[^<>]*)>(?P<text>(?:(?!<a\b).)*?)</a\s*>", re.I | re.S)
ATTRIBUTE = r"""(?<![\w-]){name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"""
SRC, HREF, ALT = (re.compile(ATTRIBUTE.format(name=name), re.I) for name in ("src", "href", "alt"))
SPECIAL = re.compile(r"([\\\[\]*_`<>])")


@dataclass(frozen=True)
class Gone:
    """The URL leads nowhere any more: show the words without it."""


Resolve = Callable[[str], str | Gone | None]


def pictures(text: str) -> Iterator[tuple[str, str]]:
    """Yield each picture's URL and its alternative text, pictures behind links last."""
    prose, _ = _masked(text)
    for match in IMAGE.finditer(prose):
        yield _url(match), match["text"]
    for match in IMG.finditer(prose):
        yield attribute(SRC, match[0]), attribute(ALT, match[0])
    for match in LINK.finditer(prose):
        yield _url(match), ""
    for match in ANCHOR.finditer(prose):
        yield attribute(HREF, match["attrs"]), ""


def rewritten(text: str, *, image: Resolve, link: Resolve) -> str:
    """Return the text with other URLs. `None` from a resolver leaves a URL as it is, `Gone` leaves only its words."""
    prose, code = _masked(text)
    return MASK.sub(lambda match: code[int(match[1])], _prose(prose, image, link))


def _masked(text: str) -> tuple[str, list[str]]:
    """Return the text with a mark in place of each piece of code, and the pieces."""
    code: list[str] = []

    def mask(match: re.Match[str]) -> str:
        code.append(match[0])
        return f"\ue000{len(code) - 1}\ue001"

    return CODE.sub(mask, text.replace("\ue000", "")), code


def _prose(text: str, image: Resolve, link: Resolve) -> str:
    text = IMAGE.sub(lambda match: _image(match, image), text)
    text = IMG.sub(lambda match: _img(match, image), text)
    text = LINK.sub(lambda match: _link(match, link), text)
    text = ANCHOR.sub(lambda match: _anchor(match, link), text)
    return DEFINITION.sub(lambda match: _definition(match, link), text)


def _url(match: re.Match[str]) -> str:
    return match["bare"] if match["angled"] is None else match["angled"]


def _image(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(_url(match))
    if isinstance(new, Gone):
        return stand_in(re.sub(r"\\([\\\[\]*_`<>])", r"\1", match["text"]), markup="markdown")
    return match[0] if new is None else f"![{match['text']}]({new}{match['title'] or ''})"


def _img(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(attribute(SRC, match[0]))
    if isinstance(new, Gone):
        return stand_in(attribute(ALT, match[0]), markup="html")
    return match[0] if new is None else SRC.sub(lambda _: f'src="{html.escape(new)}"', match[0], count=1)


def _link(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(_url(match))
    if isinstance(new, Gone):
        return match["text"]
    return match[0] if new is None else f"[{match['text']}]({new}{match['title'] or ''})"


def _anchor(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(attribute(HREF, match["attrs"]))
    if isinstance(new, Gone):
        return match["text"]
    if new is None:
        return match[0]
    attributes = HREF.sub(lambda _: f'href="{html.escape(new)}"', match["attrs"], count=1)
    return f"<a{attributes}>{match['text']}</a>"


def _definition(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(match["url"])
    return match["lead"] + new if isinstance(new, str) else match[0]


def attribute(pattern: re.Pattern[str], tag: str) -> str:
    """Return an HTML attribute's value, unescaped; empty where there is none."""
    match = pattern.search(tag)
    return html.unescape(next((group for group in match.groups() if group is not None), "")) if match else ""


def stand_in(alt: str, *, markup: str) -> str:
    """Return what is shown where a picture is missing: its description, or nothing."""
    words = " ".join(alt.split())
    if not words:
        return ""
    return f"<em>[{html.escape(words)}]</em>" if markup == "html" else f"*\\[{escaped(words)}\\]*"


def escaped(words: str) -> str:
    """Return words so that Markdown shows them as they are."""
    return SPECIAL.sub(r"\\\1", words)
