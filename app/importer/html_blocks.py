"""HTML of another system, sanitised and laid out so that Markdown passes it through untouched.

In CommonMark an HTML block begins with a block element and ends at an empty line, but for `<pre>`, which ends at `</pre>`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache

import nh3

from app.blog.markdown import ATTRIBUTES, POST_TAGS
from app.importer.source import CannotRead

WORD = re.compile(r"\S+")
BLOCKS = frozenset(
    WORD.findall(
        """
        address article aside blockquote caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure
        footer form h1 h2 h3 h4 h5 h6 header hr iframe legend li main menu nav ol optgroup option p param pre search section
        summary table tbody td tfoot th thead tr ul
        """
    )
)
VOID = frozenset(WORD.findall("area base br col embed hr img input link meta param source track wbr"))
DEEPEST = 2_000
TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?:\s+[^\s=<>\"]+(?:=\"[^\"]*\")?)*\s*/?>")
EMPTY_LINE = re.compile(r"\n(?P<blanks>[ \t]*)(?=\n)")
PRE = re.compile(r"(<pre\b(?:(?!<pre\b).)*?</pre>)", re.I | re.S)
ELEMENT = re.compile(r"(?<!\\)<([a-zA-Z][a-zA-Z0-9-]*)(?=\s|/?>)")
PASSED_ON = frozenset(
    {"html", "head", "body", "center", "font", "u", "big", "tt", "o:p", "strike", "main", "article", "header"}
)
PASSED_ON |= {"footer", "aside", "nav", "address", "video", "audio", "source", "object", "param", "embed", "track", "picture"}
PASSED_ON |= {"col", "colgroup", "acronym", "var", "samp", "time", "wbr", "dfn", "label", "bdi", "bdo", "ruby", "rt", "rp", "a"}


def html_blocks(markup: str) -> str:
    """Return sanitised HTML as Markdown that shows it: blocks parted by empty lines, none inside them."""
    _refuse_depth(markup)
    clean = _cleaner().clean(markup.replace("\r\n", "\n").replace("\r", "\n"))
    laid = [_block(part) for part in _top_level(clean)]
    return "\n\n".join(part for part in laid if part) + "\n"


def code_block(code: str, language: str = "") -> str:
    """Return HTML that shows this text as code."""
    name = f' class="language-{html.escape(language)}"' if re.fullmatch(r"[\w+#-]{1,30}", language) else ""
    return f"<pre><code{name}>{html.escape(code, quote=False)}</code></pre>"


def unknown_elements(markup: str) -> list[str]:
    """Return the names of elements that a post cannot show and whose loss a reader would notice, each once, in order."""
    names = (name.lower() for name in ELEMENT.findall(markup))
    return list(dict.fromkeys(name for name in names if name not in POST_TAGS and name not in PASSED_ON))


def _refuse_depth(markup: str) -> None:
    """Raise CannotRead where so many tags are open at once that sanitising, quadratic in the depth, would hang."""
    depth = 0
    for match in TAG.finditer(markup):
        if match["name"].lower() not in VOID:
            depth += -1 if match["close"] else 1
        if depth > DEEPEST:
            raise CannotRead(f"its HTML is nested more than {DEEPEST:,} deep")


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(POST_TAGS), attributes=ATTRIBUTES, link_rel=None, clean_content_tags={"script", "style", "template"}
    )


def _top_level(clean: str) -> Iterator[str]:
    """Yield each block element and each run of text between them. The sanitiser has closed all elements."""
    depth, begin = 0, 0
    for match in TAG.finditer(clean):
        name = match["name"].lower()
        if depth == 0 and not match["close"] and name in BLOCKS:
            yield clean[begin : match.start()]
            begin = match.start()
        if match["close"]:
            depth = max(0, depth - 1)
        elif name not in VOID:
            depth += 1
        if depth == 0 and name in BLOCKS:
            yield clean[begin : match.end()]
            begin = match.end()
    yield clean[begin:]


def _block(part: str) -> str:
    part = part.strip("\n") if part[:4].lower() == "<pre" else part.strip()
    first = TAG.match(part)
    name = first["name"].lower() if first else ""
    if name == "pre":
        return part
    laid = "".join(_joined(piece, is_pre=bool(index % 2)) for index, piece in enumerate(PRE.split(part)))
    if laid == "<p></p>":
        return ""
    return laid if not laid or name in BLOCKS else f"<p>{laid}</p>"


def _joined(piece: str, *, is_pre: bool) -> str:
    """Leave no empty line: one would end the block. In preformatted text a reference to a newline keeps it empty."""
    return EMPTY_LINE.sub(r"\n\g<blanks>&#10;", piece).replace("&#10;\n", "&#10;") if is_pre else EMPTY_LINE.sub("", piece)
