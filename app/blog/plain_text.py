"""Text of HTML, and HTML of text: the only two ways between them. Whatever is sent out or shown goes through one of these."""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe

# XML 1.0 forbids these even as references: one in a title would make the whole feed unreadable.
UNSENDABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
HIDDEN = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "audio", "video", "canvas"})
BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"}
    | {"option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
FOOTNOTE_LINK = re.compile(r"\bfootnote-(?:ref|backref)\b")  # [1] and ↩︎ mean nothing where there are no footnotes
LINKS = frozenset({"a", "sup"})
# What nh3 writes: every attribute quoted, and no < but those of tags.
TOKEN = re.compile(r"""<(/?)([a-z0-9]+)((?:"[^"]*"|[^">])*)>|([^<]+)""")
DEPTH_LIMIT = 500
TAG = re.compile(r"<(/)?(?!img|br|hr|input|source|wbr|col|link|meta)([a-zA-Z][a-zA-Z0-9]*)", re.IGNORECASE)
ANY_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>?")
UNFINISHED = re.compile(r"""(?:<(?:"[^"]*(?:"|\Z)|[^">])*|&#?\w{0,31})\Z""")


def plain_text(markup: str) -> str:
    """Return the words of HTML on one line, as people read them: no tags, no entities, no space where a word has a tag inside.

    A picture among words is its description; one that stands alone says nothing, unless the text is pictures only.
    """
    markup = sendable(markup)
    words = html.unescape(ANY_TAG.sub(" ", markup)) if is_too_deep(markup) else _Words().of(_cleaner().clean(markup))
    return " ".join(sendable(words).split())


def escaped(text: str) -> SafeString:
    """Return text as HTML or XML that shows exactly this text, in an element or in a quoted attribute."""
    return mark_safe(html.escape(sendable(text)))  # noqa: S308 - escaped


def sendable(text: str) -> str:
    """Return the text without control characters, surrogates and noncharacters: one of them makes a feed unreadable."""
    return UNSENDABLE.sub("", text)


def beginning(markup: str, size: int) -> str:
    """Return at most so many characters of HTML that quotes its attributes, and no half tag or half entity at the end."""
    return markup if len(markup) <= size else UNFINISHED.sub("", markup[:size])


def is_too_deep(markup: str) -> bool:
    """Return whether so many tags are open at once that sanitising, quadratic in the depth, would hang."""
    depth, still_open = 0, Counter[str]()
    for closing, tag in TAG.findall(markup):
        name = tag.lower()
        if not closing:
            still_open[name] += 1
            depth += 1
        elif still_open[name]:  # a closing tag of an element that is not open closes no other
            still_open[name] -= 1
            depth -= 1
        if depth > DEPTH_LIMIT:
            return True
    return False


@cache
def _cleaner() -> nh3.Cleaner:
    """Return the HTML5 parser that leaves only what ends a word, and pictures: comments and hidden elements are gone."""
    attributes = {"img": {"alt"}, **{tag: {"class"} for tag in LINKS}}
    return nh3.Cleaner(tags={*BLOCKS, *attributes}, clean_content_tags=set(HIDDEN), attributes=attributes, link_rel=None)


class _Words:
    """Gathers words block by block: whether a picture's description counts is known at the end of its block."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._block: list[str] = []
        self._alone: list[str] = []
        self._has_words = False
        self._hidden = ""

    def of(self, markup: str) -> str:
        for closing, tag, attributes, words in TOKEN.findall(markup):
            if self._hidden:
                self._hidden = "" if closing and tag == self._hidden else self._hidden
            elif words:
                self._block.append(words)
                self._has_words = self._has_words or bool(words.replace("&nbsp;", " ").strip())
            else:
                self._take(tag, attributes)
        self._end_block()
        return html.unescape("".join(self._said or self._alone))

    def _take(self, tag: str, attributes: str) -> None:
        if tag == "img":
            self._block.append(f" {attributes[6:-1]} ")  # the one attribute that is left: ` alt="…"`
        elif tag not in LINKS:
            self._end_block()
        elif FOOTNOTE_LINK.search(attributes):
            self._hidden = tag

    def _end_block(self) -> None:
        if self._block:
            (self._said if self._has_words else self._alone).extend([*self._block, " "])
        self._block, self._has_words = [], False
