"""The URLs in a text of Markdown and HTML: where they are, and how another one takes their place. Code is left alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.importer.markdown_code import mask_code, unmask_code
from app.importer.source import Urls

# No two branches of these patterns match the same text: a hostile file must cost linear time.
TEXT = r"\[(?P<text>(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]"
URL = r"(?:<(?P<angled>[^<>\n]*)>|(?P<bare>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))"
TARGET = r"\(\s*" + URL + r"""(?P<title>\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
IMAGE = re.compile("!" + TEXT + TARGET, re.S)
LINK = re.compile("(?<!!)" + TEXT + TARGET, re.S)
DEFINITION = re.compile(
    r"^ {0,3}\[(?P<label>[^\]^\n][^\]\n]*)\]:[ \t]*\n?[ \t]*<?(?P<url>[^\s<>]+)>?"
    r"""(?P<title>(?:[ \t]+|[ \t]*\n[ \t]+)(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|\Z)""",
    re.M,
)
REFERENCE = re.compile(r"(?P<image>!?)" + TEXT + r"(?:\[(?P<label>[^\[\]\n]{0,200})\])?(?![\[(:])", re.S)
IMG = re.compile(r"(?<!\\)<img\b[^<>]*>", re.I)
ANCHOR = re.compile(r"(?<!\\)<a\b(?P<attrs>[^<>]*)>(?P<text>(?:(?!<a\b).)*?)</a\s*>", re.I | re.S)
LETTERS = {IMAGE: "![", LINK: "](", IMG: "<img", ANCHOR: "<a"}
ATTRIBUTE = r"""(?<![\w-]){name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"""
SRC, HREF, ALT = (re.compile(ATTRIBUTE.format(name=name), re.I) for name in ("src", "href", "alt"))
SPECIAL = re.compile(r"([\\\[\]*_`<>])")


@dataclass(frozen=True)
class Gone:
    """The URL leads nowhere any more: show the words without it."""


Resolve = Callable[[str], str | Gone | None]


@lru_cache(maxsize=64)
def urls_in(text: str) -> Urls:
    """Return the URLs of a text, in order, images before `<img>`, links before `<a>`."""
    prose = with_inline_references(mask_code(text)[0], lambda url: True)
    images = [(_url(match), match["text"]) for match in _found(IMAGE, prose)]
    images += [(attribute(SRC, match[0]), attribute(ALT, match[0])) for match in _found(IMG, prose)]
    links = [_url(match) for match in _found(LINK, prose)]
    links += [attribute(HREF, match["attrs"]) for match in _found(ANCHOR, prose)]
    return Urls(tuple(images), tuple(links))


def _found(pattern: re.Pattern[str], prose: str) -> Iterator[re.Match[str]]:
    return pattern.finditer(prose) if _may_have(pattern, prose) else iter(())


def _may_have(pattern: re.Pattern[str], prose: str) -> bool:
    """Return False where there is surely none: looking for a few letters takes a hundredth of the time of a pattern."""
    letters = LETTERS[pattern]
    return letters in prose or (letters[0] == "<" in prose and letters in prose.lower())


def images_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield each image's URL and its alternative text, then what may be an image behind a link."""
    urls = urls_in(text)
    yield from urls.images
    yield from ((url, "") for url in urls.links)


def rewritten(text: str, *, image: Resolve, link: Resolve) -> str:
    """Return the text with other URLs. `None` from a resolver leaves a URL as it is, `Gone` leaves only its words."""
    prose, code = mask_code(text)
    prose = with_inline_references(prose, lambda url: image(url) is not None or link(url) is not None)
    return unmask_code(_prose(prose, image, link), code)


def with_inline_references(prose: str, is_wanted: Callable[[str], bool]) -> str:
    """Return the text with `[words][label]` written as `[words](url)`, where the URL of the label is wanted.

    Full, collapsed and shortcut references of links and images. The definitions that were used so are taken out.
    """
    if "]:" not in prose:
        return prose
    definitions: dict[str, re.Match[str]] = {}
    for match in DEFINITION.finditer(prose):
        definitions.setdefault(_label(match["label"]), match)
    wanted = {label: match for label, match in definitions.items() if is_wanted(match["url"])}
    if not wanted:
        return prose

    def inline(match: re.Match[str]) -> str:
        found = wanted.get(_label(match["label"] or match["text"]))
        if found is None:
            return match[0]
        title = f' "{found["title"].strip()[1:-1]}"' if found["title"] else ""
        return f"{match['image']}[{REFERENCE.sub(inline, match['text'])}](<{found['url']}>{title})"

    without = DEFINITION.sub(lambda match: "" if _label(match["label"]) in wanted else match[0], prose)
    return REFERENCE.sub(inline, without)


def _label(label: str) -> str:
    return " ".join(label.split()).casefold()


def _prose(text: str, image: Resolve, link: Resolve) -> str:
    replacements = (
        (IMAGE, lambda match: _image(match, image)),
        (IMG, lambda match: _img(match, image)),
        (LINK, lambda match: _link(match, link)),
        (ANCHOR, lambda match: _anchor(match, link)),
    )
    for pattern, replace in replacements:
        text = pattern.sub(replace, text) if _may_have(pattern, text) else text
    return text


def _url(match: re.Match[str]) -> str:
    return match["bare"] if match["angled"] is None else match["angled"]


def _image(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(_url(match))
    if isinstance(new, Gone):
        return description(re.sub(r"\\([\\\[\]*_`<>])", r"\1", match["text"]), markup="markdown")
    return match[0] if new is None else f"![{match['text']}]({new}{match['title'] or ''})"


def _img(match: re.Match[str], resolve: Resolve) -> str:
    new = resolve(attribute(SRC, match[0]))
    if isinstance(new, Gone):
        return description(attribute(ALT, match[0]), markup="html")
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


def attribute(pattern: re.Pattern[str], tag: str) -> str:
    """Return an HTML attribute's value, unescaped; empty where there is none."""
    match = pattern.search(tag)
    return html.unescape(next((group for group in match.groups() if group is not None), "")) if match else ""


def description(alt: str, *, markup: str) -> str:
    """Return what is shown where an image is missing: its description, or nothing."""
    words = " ".join(alt.split())
    if not words:
        return ""
    return f"<em>[{html.escape(words)}]</em>" if markup == "html" else f"*\\[{escaped(words)}\\]*"


def escaped(words: str) -> str:
    """Return words so that Markdown shows them as they are."""
    return SPECIAL.sub(r"\\\1", words)
