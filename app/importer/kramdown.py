"""Attributes that kramdown and Goldmark read behind headings, paragraphs and links, and marks for a table of contents."""

from __future__ import annotations

import re

from app.importer.markdown_code import mask_code, unmask_code
from app.importer.text import MASK_CLOSE

ATTRIBUTES = r"\{:(?![:/])[^{}\n]*\}"
CONTENTS = re.compile(r"^[ ]{0,3}(?:[*+-]|\d+[.)])[ \t]+[^\n]*\n?[ \t]*\{:[ \t]*toc[^{}\n]*\}[ \t]*$", re.M)
CONTENTS_MARK = re.compile(
    r"^[ ]{0,3}(?:\[TOC\]|\[\[_?toc_?\]\]|@\[toc\](?:\([^()\n]*\))?|\$\{toc\}|\{:[ \t]*toc\b[^{}\n]*\})[ \t]*$", re.M | re.I
)
HEADING_BELOW = re.compile(rf"^(?P<heading> {{0,3}}#{{1,6}}[ \t][^\n]*?)[ \t]*\n[ \t]*(?P<list>{ATTRIBUTES})[ \t]*$", re.M)
HEADING = re.compile(r"^(?P<heading> {0,3}#{1,6}[ \t][^\n{}]*?)[ \t]*(?P<list>\{:?[ \t]*[#.\w][^{}\n]*\})[ \t]*#*[ \t]*$", re.M)
UNDERLINED = re.compile(
    r"^(?P<heading>[^\n{}#>*+-][^\n{}]*?)[ \t]*(?P<list>\{:?[ \t]*[#.][^{}\n]*\})[ \t]*(?=\n(?:=+|-+)[ \t]*$)", re.M
)
BLOCK = re.compile(rf"^[ \t]*(?:>[ \t]*)*{ATTRIBUTES}[ \t]*(?:\n|\Z)", re.M)
SPAN = re.compile(rf"(?<=[)\]*_>{MASK_CLOSE}]){ATTRIBUTES}")
LIST_ITEM = re.compile(rf"^(?P<marker>[ \t]*(?:[*+-]|\d+[.)])[ \t]+){ATTRIBUTES}[ \t]*", re.M)
COMMENT = re.compile(r"\{::comment\}(?:(?!\{::comment).)*?\{:/(?:comment)?\}", re.S)
EXTENSION = re.compile(r"\{::/?(?:options|nomarkdown|comment)?(?:[ \t][^{}\n]*)?/?\}|\{:/\w*\}")
GOLDMARK_BLOCK = re.compile(r"^[ \t]*\{[ \t]*[.#][\w:-]+(?:[ \t]+[^{}\n]*)?\}[ \t]*(?:\n|\Z)", re.M)
# Inside of such an element is Markdown to kramdown; to CommonMark it is behind an empty line.
MARKDOWN_INSIDE = re.compile(
    r"""^(?P<begin> {0,3}<(?:div|section|article|aside|details|figure|blockquote|header|footer|main|nav)\b[^<>]*?)[ \t]"""
    r"""markdown=(?:"(?:1|block|span)"|'(?:1|block|span)'|1)(?P<rest>[^<>]*>)[ \t]*\n?""",
    re.I | re.M,
)
IDENTIFIER = re.compile(r"#([\w:.-]+)|\bid\s*=\s*[\"']?([\w:.-]+)")


def without_attributes(text: str, *, kramdown: bool, goldmark: bool) -> tuple[str, list[str]]:
    """Return the text without attributes in its prose, and those taken out. The ids of headings stay, as `{#id}`.

    Lists that ask for a table of contents go: no table is made here. Code is left alone.
    """
    if "{" not in text and "toc" not in text.lower() and "markdown=" not in text:
        return text, []
    prose, code = mask_code(text)
    removed: list[str] = []

    def take_out(match: re.Match[str]) -> str:
        removed.append(match[0].strip())
        return match["marker"] if "marker" in match.re.groupindex else ""

    prose = CONTENTS_MARK.sub("", CONTENTS.sub("", prose))
    for pattern in (HEADING_BELOW, HEADING, UNDERLINED):
        prose = pattern.sub(lambda match: _heading(match, removed), prose)
    if kramdown:
        prose = MARKDOWN_INSIDE.sub(r"\g<begin>\g<rest>\n\n", prose) if "markdown=" in prose else prose
        prose = EXTENSION.sub("", COMMENT.sub("", prose)) if "{:" in prose else prose
        for pattern in (BLOCK, LIST_ITEM, SPAN):
            prose = pattern.sub(take_out, prose)
    if goldmark:
        prose = GOLDMARK_BLOCK.sub(take_out, prose)
    return unmask_code(prose, code), removed


def _heading(match: re.Match[str], removed: list[str]) -> str:
    identifier = IDENTIFIER.search(match["list"])
    if identifier is None and not re.match(r"\{:?[ \t]*\.", match["list"]):
        return match[0]
    if identifier is None:
        removed.append(match["list"])
        return match["heading"]
    return f"{match['heading']} {{#{identifier[1] or identifier[2]}}}"
