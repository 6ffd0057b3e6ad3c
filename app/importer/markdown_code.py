"""Where the code is in a Markdown text, so that nothing in it is changed.

Blocks are found by the parser that also renders posts: what it shows as code is code here, in lists and quotes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.importer.text import MASK_CLOSE, MASK_OPEN

# Indented lines are code only where no paragraph goes on: behind an empty line, a heading or a rule, or a list's marker.
INDENTED = re.compile(
    r"(?:[-*+>]|\d[.)])[ \t]{5}|(?:\A|(?:\A|\n)(?:[ \t>]*|[ >]*#[^\n]*|[ >]*(?:[-=*_][ \t]*){2,})\n)[ >]*(?: {4}|\t)"
)
ELEMENT = re.compile(r"<(?:pre|code|script|style|textarea|!--)", re.I)
# No branch runs past the beginning of another element of its kind: a hostile file must cost linear time.
ELEMENTS = re.compile(
    r"<(?P<name>pre|code|script|style|textarea)\b[^<>]*>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>|<!--(?:(?!<!--).)*?-->",
    re.I | re.S,
)
BACKTICKS = re.compile(r"(?P<slashes>\\*)(?P<run>`+)")
MASK = re.compile(f"{MASK_OPEN}(\\d+){MASK_CLOSE}")
Range = tuple[int, int]


@lru_cache(maxsize=64)
def code_ranges(text: str, markdown: bool = True) -> tuple[Range, ...]:
    """Return where code begins and ends, in order: blocks, spans, `<pre>`, `<code>`, scripts, comments.

    In HTML, which is not Markdown, only the elements are code.
    """
    if not _may_have_code(text):
        return ()
    if not markdown:
        return tuple((match.start(), match.end()) for match in ELEMENTS.finditer(text))
    lines = _line_starts(text)
    tokens = _block_parser().parse(text)
    blocks = [_lines(token, lines) for token in tokens if token.type in {"fence", "code_block"}]
    prose = [_lines(token, lines) for token in tokens if token.type == "inline"]
    found = _merged(blocks)
    found = _merged([*found, *_outside(((m.start(), m.end()) for m in ELEMENTS.finditer(text)), found)])
    spans = (span for begin, end in prose for span in _spans(text, begin, end))
    return tuple(_merged([*found, *_outside(spans, found)]))


def mask_code(text: str, *, markdown: bool = True) -> tuple[str, list[str]]:
    """Return the text with a mark in place of each piece of code, and the pieces."""
    pieces: list[str] = []
    prose: list[str] = []
    last = 0
    text = text.replace(MASK_OPEN, "").replace(MASK_CLOSE, "")
    for begin, end in code_ranges(text, markdown):
        prose += [text[last:begin], f"{MASK_OPEN}{len(pieces)}{MASK_CLOSE}"]
        pieces.append(text[begin:end])
        last = end
    return "".join([*prose, text[last:]]), pieces


def unmask_code(text: str, pieces: list[str]) -> str:
    return MASK.sub(lambda match: pieces[int(match[1])], text)


def fenced(code: str, language: str = "", indent: str = "") -> str:
    """Return a fenced block of this code, by a fence that nothing in it closes."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    body = "".join(f"{line}\n" for line in code.removesuffix("\n").split("\n"))
    return f"{fence}{language}\n{body}{indent}{fence}"


def code_span(code: str) -> str:
    """Return a code span that shows exactly this."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    ticks = "`" * (1 if not longest else longest + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{ticks}{space}{code}{space}{ticks}"


def _may_have_code(text: str) -> bool:
    """Return False where there is surely no code. Most posts have none, and looking for a letter costs nothing."""
    if "`" in text or "~~~" in text or ("<" in text and ELEMENT.search(text)):
        return True
    return ("    " in text or "\t" in text) and INDENTED.search(text) is not None


@cache
def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _line_starts(text: str) -> list[int]:
    starts, position = [0], text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return [*starts, len(text)] if starts[-1] != len(text) else starts


def _lines(token: Token, starts: list[int]) -> Range:
    begin, end = token.map or (0, 0)
    last = len(starts) - 1
    return starts[min(begin, last)], starts[min(end, last)]


def _merged(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for begin, end in sorted(each for each in ranges if each[0] < each[1]):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _outside(ranges: Iterator[Range], blocks: list[Range]) -> Iterator[Range]:
    """Yield those of the ranges, which are in order, that begin in no block."""
    waiting = iter(blocks)
    block = next(waiting, None)
    for begin, end in sorted(ranges):
        while block is not None and block[1] <= begin:
            block = next(waiting, None)
        if block is None or not block[0] <= begin < block[1]:
            yield begin, end


def _spans(text: str, begin: int, end: int) -> Iterator[Range]:
    """Yield the code spans of a paragraph: a run of backticks to the next run of the same length.

    A backslash keeps a backtick from opening a span, but not from closing one: in code it is a letter.
    """
    runs = list(BACKTICKS.finditer(text, begin, end))
    closing: dict[int, list[re.Match[str]]] = {}
    for run in reversed(runs):
        closing.setdefault(len(run["run"]), []).append(run)
    done = begin
    for run in runs:
        start = run.start("run") + len(run["slashes"]) % 2
        candidates = closing.get(run.end() - start, [])
        while candidates and candidates[-1].start("run") <= start:
            candidates.pop()
        if start >= done and candidates:
            done = candidates[-1].end()
            yield start, done
