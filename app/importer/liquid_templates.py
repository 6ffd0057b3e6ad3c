"""Template tags in the prose of Jekyll, Eleventy and Hexo posts: expanded where they are known, else taken out and named.

Conditions, loops and variables are evaluated by python-liquid; tags that show an image or a video become Markdown. Code is
left as it was written: only the `raw` tags that protect it go. In a folder that may not be a Liquid site at all, what is
not known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.importer.html_blocks import code_block
from app.importer.liquid_engine import evaluate
from app.importer.markdown_code import code_span, fenced, mask_code, unmask_code
from app.importer.template_tags import FILTERS, TAGS, Place, arguments_of

OPEN, CLOSE = r"\{%[-~]?\s*", r"\s*[-~]?%\}"
# No part runs past the beginning of another one of its kind: a hostile file must cost linear time.
RAW = re.compile(
    rf"{OPEN}(?P<raw>raw|verbatim){CLOSE}(?P<body>(?:(?!{OPEN}(?:raw|verbatim)\b).)*?){OPEN}end(?P=raw){CLOSE}", re.S
)
HIGHLIGHT = re.compile(
    rf"(?P<before>^[ \t]*)?{OPEN}(?P<tag>highlight|codeblock|code)\b(?P<arguments>(?:(?!%\}}|\{{%).)*?){CLOSE}"
    rf"(?P<body>(?:(?!{OPEN}(?:highlight|codeblock|code)\b).)*?){OPEN}end(?P=tag){CLOSE}(?P<after>[ \t]*(?=\S))?",
    re.S | re.M,
)
COMMENT = re.compile(
    rf"{OPEN}comment{CLOSE}(?:(?!{OPEN}comment\b).)*?{OPEN}endcomment{CLOSE}|\{{#(?:(?!\{{#|#\}}).)*#\}}", re.S
)
TOKEN = re.compile(
    r"\{%(?P<tag_left>[-~]?)(?P<tag>(?:(?!%\}|\{%).)*?)(?P<tag_right>[-~]?)%\}"
    r"|\{\{(?P<left>[-~]?)(?P<output>(?:(?!\}\}|\{\{).)*?)(?P<right>[-~]?)\}\}",
    re.S,
)
BRACES, BRACES_BACK = str.maketrans("{}", "\ufdd2\ufdd3"), str.maketrans("\ufdd2\ufdd3", "{}")
# Where a tag begins a line and shows nothing, what is left must not read otherwise: an indented rest of a line would be code
# to Markdown, and an empty line ends a block of HTML.
LINE_START, HTML_LINE_START = "\ufdda", "\ufddb"
BLANK_LINE = re.compile(r"(?:\A|\n)[ \t]*\Z")
LEFT_INDENT = re.compile(f"^{LINE_START}+[ \t]+", re.M)
LEFT_LINE = re.compile(f"^[ \t]*{HTML_LINE_START}+[ \t{HTML_LINE_START}]*\n", re.M)
HTML = re.compile(r"\s*<")
LOOK_BACK = 10_000
DEEPEST_INCLUDE = 5
LARGEST_INCLUDE = 64 * 1024
NAME = re.compile(r"\s*(#|/?[\w.-]+)\s*(.*)", re.S)
STANDARD = {
    "if", "elsif", "else", "elseif", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor", "break",
    "continue", "assign", "capture", "endcapture", "increment", "decrement", "cycle", "set", "endset", "echo", "#",
}  # fmt: skip


@dataclass(kw_only=True)
class Page:
    """What the tags of one file may ask for: its front matter, its site, its authors' names, its templates.

    `is_liquid` says that the site is surely one whose generator expands Liquid. `unknown` collects tags as they were written.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    site: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)
    includes: Path | None = None
    is_liquid: bool = True
    is_html: bool = False
    depth: int = 0
    unknown: list[str] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """Return a variable's text, an empty one for the address of every site, None for what is not known."""
        if name in {"site.baseurl", "site.url", "baseurl", "baseUrl"}:
            return ""
        first, _, rest = name.partition(".")
        scopes: dict[str, Mapping[str, object]] = {"page": self.values, "post": self.values, "site": self.site}
        scopes["include"] = self.parameters
        found = _looked_up(scopes[first], rest) if first in scopes and rest else _looked_up(self.values, name)
        return found.strip() if isinstance(found, str) and (self.is_liquid or first in scopes) else None

    def own_value(self, name: str) -> str | None:
        """Return a text of the header by its bare name. Beside a filter, or as a URL, it is surely a variable."""
        found = _looked_up(self.values, name)
        return found.strip() if isinstance(found, str) else None

    def context(self) -> dict[str, Any]:
        """Return the variables for Liquid: those of the page also by their bare names, as Eleventy has them."""
        site = {**self.site, "baseurl": "", "url": ""}
        return {**self.values, "page": self.values, "post": self.values, "site": site, "include": self.parameters}


def expand(text: str, page: Page) -> str:
    """Return the text with Liquid and Nunjucks tags expanded. Unknown ones are added to `page.unknown`."""
    literal = RAW.sub(lambda match: match["body"].translate(BRACES), text) if "{%" in text else text
    literal = HIGHLIGHT.sub(_html_code if page.is_html else _code, literal) if "{%" in literal else literal
    prose, code = mask_code(literal, markdown=not page.is_html)
    if "{%" in prose or "{{" in prose or "{#" in prose:
        prose = _expanded(prose, page)
    page.unknown[:] = [unmask_code(tag, code) for tag in page.unknown]
    expanded = unmask_code(prose, code)
    return expanded.translate(BRACES_BACK) if literal is not text else expanded


def _code(match: re.Match[str]) -> str:
    """Write a highlight tag as a fenced block, or as a code span where it is inside a line."""
    body = match["body"].strip("\n").translate(BRACES)
    words = arguments_of(match["arguments"])
    language = re.sub(r"[^\w+#.-]", "", words.first("lang", "language", position=0))
    if "\n" not in match["body"]:
        return (match["before"] or "") + code_span(body) + (match["after"] or "")
    begins_line = match["before"] is not None and not is_in_html(match.string, match.start())
    lead = match["before"] if begins_line else "\n\n"
    return f"{lead}{fenced(body, language, lead.strip(chr(10)))}" + ("\n\n" if match["after"] is not None else "")


def _html_code(match: re.Match[str]) -> str:
    body, words = match["body"].strip("\n").translate(BRACES), arguments_of(match["arguments"])
    return (match["before"] or "") + code_block(body, words.first("lang", "language", position=0)) + (match["after"] or "")


def _expanded(prose: str, page: Page) -> str:
    prose = COMMENT.sub("", prose) if "comment" in prose or "{#" in prose else prose
    parts: list[tuple[str, bool]] = []
    last, strip = 0, False
    for match in TOKEN.finditer(prose):
        text = prose[last : match.start()]
        text = text.lstrip() if strip else text
        text = text.rstrip() if match["tag_left"] or match["left"] else text
        if BLANK_LINE.search(text):
            text += HTML_LINE_START if page.is_html or is_in_html(prose, match.start()) else LINE_START
        parts.append((text, False))
        parts.append(_token(match, page))
        last, strip = match.end(), bool(match["tag_right"] or match["right"])
    parts.append((prose[last:].lstrip() if strip else prose[last:], False))
    expanded = evaluate(parts, page.context(), page.unknown)
    expanded = LEFT_INDENT.sub("", LEFT_LINE.sub("", expanded))
    return expanded.replace(LINE_START, "").replace(HTML_LINE_START, "")


def _token(match: re.Match[str], page: Page) -> tuple[str, bool]:
    """Return what a tag shows, or its source and True where Liquid is to evaluate it."""
    if match["output"] is not None:
        return _output(match, page)
    parts = NAME.fullmatch(match["tag"])
    name = parts[1] if parts else ""
    if name in STANDARD and page.is_liquid:
        return match[0], True
    shown = _shown(name, parts[2], match, page) if parts else None
    if shown is None:
        page.unknown.append(match[0])
        return ("" if page.is_liquid else match[0]), False
    return shown, False


def _shown(name: str, rest: str, match: re.Match[str], page: Page) -> str | None:
    known = TAGS.get(name)
    if known is None:
        return None
    arguments = arguments_of(rest, page.value)
    shown = known(arguments, _place(match, page))
    if shown is None and name.startswith("include") and arguments.given:
        return _included(arguments.given[0], arguments.named, page)
    return shown


def _included(name: str, parameters: Mapping[str, object], page: Page) -> str | None:
    """Return a template of the site, expanded; empty lines would end HTML in the middle."""
    if page.includes is None or page.depth >= DEEPEST_INCLUDE or "\0" in name:
        return None
    file = (page.includes / name.strip("\"'")).resolve()
    if not file.is_relative_to(page.includes.resolve()) or not file.is_file() or file.stat().st_size > LARGEST_INCLUDE:
        return None
    inner = replace(page, parameters=parameters, depth=page.depth + 1)
    shown = expand(file.read_text(encoding="utf-8", errors="replace"), inner).strip()
    return re.sub(r"\n\s*\n", "\n", shown) if HTML.match(shown) else shown


def _output(match: re.Match[str], page: Page) -> tuple[str, bool]:
    expression, *filters = (part.strip() for part in re.split(r"\|(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$)", match["output"]))
    literal = re.fullmatch(r"""(["'])(.*)\1""", expression, re.S)
    value = literal[2] if literal else page.value(expression)
    if value is None and (filters or match.string[match.start() - 1 : match.start()] in {"(", '"', "'"}):
        value = page.own_value(expression)
    names = [each.partition(":")[0].partition("(")[0].strip() for each in filters]
    if value is None or any(name not in FILTERS for name in names):
        if page.is_liquid and (value is None or expression):
            return match[0], True
        page.unknown.append(match[0])
        return match[0], False
    for name, each in zip(names, filters, strict=True):
        rest = each[len(name) :].lstrip(" :(").removesuffix(")")
        value = FILTERS[name](value, arguments_of(rest, page.value), _place(match, page))
    return value, False


def _looked_up(values: Mapping[str, object], path: str) -> object:
    found: object = values
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name, found.get(name.lower()))
    return found


def _place(match: re.Match[str], page: Page) -> Place:
    in_html = page.is_html or is_in_html(match.string, match.start())
    return Place(in_html=in_html, people=page.people, posts=page.posts)


def is_in_html(text: str, position: int) -> bool:
    """Return whether a position is inside an HTML block: the paragraph around it begins with a tag."""
    begin = max(0, position - LOOK_BACK)
    blank = text.rfind("\n\n", begin, position)
    return HTML.match(text, max(begin, blank), position) is not None
