"""The text part of a mail, made of its HTML: words, lists, quotes and tables as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile, zip_longest

WIDTH = 78
BLOCKS = frozenset(
    {"blockquote", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"hr", "li", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
TIGHT = frozenset({"caption", "div", "dd", "dt", "figcaption", "li", "section", "summary"})  # no empty line around these
HIDDEN = frozenset({"iframe", "script", "style"})
SECOND_REFERENCE = re.compile(r":\d+(?=\]$)")  # markdown-it writes [1:1] where a footnote is named again
Attributes = dict[str, str]


def html_to_text(markup: str) -> str:
    """Return sanitised HTML, whose addresses are absolute, as text for a mail: a link is `words (address)`."""
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    return writer.text()


@dataclass(eq=False)
class _Margin:
    """What is put before each line of a quote or of a list's item; `marker` before the first line only."""

    rest: str
    marker: str


@dataclass
class _Link:
    address: str
    start: int
    is_reference: bool = False


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the rows in columns where a line holds them, else each with strokes between its cells."""
        widths = [max(map(len, column)) for column in zip_longest(*self.rows, fillvalue="")]
        if sum(widths) + len(widths) > WIDTH:
            return [" | ".join(filter(None, row)) for row in self.rows]
        return [" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in self.rows]


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._margins: list[_Margin] = []
        self._margins_before: list[_Margin] = []
        self._has_gap = True
        self._lists: list[int | None] = []
        self._links: list[_Link] = []
        self._table: _Table | None = None
        self._depth_of_table = 0
        self._pre = self._hidden = False
        self._in_reference = False

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            # Line breaks of the source are spaces, those of <br> and <pre> are lines.
            self._words.append(data if self._pre else re.sub(r"\s+", " ", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._hidden = self._hidden or tag in HIDDEN
        if tag in BLOCKS:
            self._begin_block(tag, attributes)
        elif tag == "br":
            self._words.append("\n" if self._table is None else " ")
        elif tag == "img":
            self._words.append(f" {' '.join(attributes.get('alt', '').split())} ")
        elif tag == "a":
            is_reference = self._in_reference or "footnote-backref" in attributes.get("class", "")
            self._links.append(_Link(attributes.get("href", ""), len(self._words), is_reference))
            self._hidden = self._hidden or "footnote-backref" in attributes.get("class", "")
        elif tag == "sup":
            self._in_reference = "footnote-ref" in attributes.get("class", "")
        elif tag == "q":
            self._words.append("“")

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = False
        elif tag in BLOCKS:
            self._end_block(tag)
        elif tag == "a" and self._links:
            self._end_link(self._links.pop())
        elif tag == "sup":
            self._in_reference = False
        elif tag == "q":
            self._words.append("”")

    def _end_link(self, link: _Link) -> None:
        self._hidden = False
        words = "".join(self._words[link.start :])
        if link.is_reference:
            self._words[link.start :] = [SECOND_REFERENCE.sub("", words)]
            return
        address = re.sub(r"^(?:mailto|tel|sms):", "", link.address)
        if not words.strip():
            self._words.append(f" {address} ")
        elif address and words.strip() not in {link.address, address, re.sub(r"^https?://", "", address).rstrip("/")}:
            space = words[len(words.rstrip()) :]
            self._words[link.start :] = [words.rstrip(), f" ({address})", space]

    def _begin_block(self, tag: str, attributes: Attributes) -> None:
        if self._table is not None:
            self._begin_cell(tag)
            return
        self._end_line()
        self._gap_around(tag)
        if tag == "hr":
            self._line("* * *")
            self._has_gap = False
            self._gap_around(tag)
        elif tag == "blockquote":
            self._margins.append(_Margin("> ", "> "))
        elif tag == "dd":
            self._margins.append(_Margin("    ", "    "))
        elif tag in {"ol", "ul"}:
            start = attributes.get("start", "1")
            self._lists.append(None if tag == "ul" else int(start) if start.isdecimal() else 1)
        elif tag == "li":
            self._margins.append(self._marker(attributes))
        elif tag == "table":
            self._table = _Table()
        self._pre = self._pre or tag == "pre"

    def _marker(self, attributes: Attributes) -> _Margin:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return _Margin("  ", "- ")
        self._lists[-1] = number + 1
        marker = f"[{number}] " if "footnote-item" in attributes.get("class", "") else f"{number}. "
        return _Margin(" " * len(marker), marker)

    def _end_block(self, tag: str) -> None:
        if self._table is not None:
            self._end_cell(tag)
            return
        self._end_line()
        self._pre = self._pre and tag != "pre"
        if tag in {"blockquote", "dd", "li"} and self._margins:
            self._margins.pop()
        elif tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        self._gap_around(tag)

    def _gap_around(self, tag: str) -> None:
        is_begun = bool(self._margins) and self._margins[-1].marker != self._margins[-1].rest
        if tag not in TIGHT and not is_begun and not (tag in {"ol", "ul"} and self._lists):
            self._has_gap = False

    def _begin_cell(self, tag: str) -> None:
        self._depth_of_table += tag == "table"
        if self._depth_of_table:
            self._words.append(" ")
        elif tag in {"td", "th", "tr", "caption"}:
            self._words = []
            if tag == "tr" and self._table is not None:
                self._table.rows.append([])
        else:
            self._words.append(" ")

    def _end_cell(self, tag: str) -> None:
        table = self._table
        cell = " ".join("".join(self._words).split())
        if self._depth_of_table:
            self._depth_of_table -= tag == "table"
            self._words.append(" ")
        elif tag == "caption":
            self._line(cell)
            self._words = []
        elif tag in {"td", "th"} and table is not None and table.rows:
            table.rows[-1].append(cell)
            self._words = []
        elif tag == "table" and table is not None:
            for line in table.lines():
                self._line(line)
            self._table, self._words, self._has_gap = None, [], False
        else:
            self._words.append(" ")

    def _end_line(self) -> None:
        words, self._words = "".join(self._words), []
        for link in self._links:
            link.start = 0
        lines = words.strip("\n").split("\n") if self._pre else [" ".join(line.split()) for line in words.split("\n")]
        if any(lines):
            for line in lines:
                self._line(line)

    def _line(self, line: str) -> None:
        """Write a line behind its margins, and before it the empty line that is wanted there."""
        if not self._has_gap and self._lines:
            pairs = zip(self._margins, self._margins_before, strict=False)
            self._lines.append("".join(now.rest for now, _ in takewhile(lambda pair: pair[0] is pair[1], pairs)).rstrip())
        self._has_gap = True
        margin = ""
        for each in self._margins:
            margin += each.marker
            each.marker = each.rest
        self._margins_before = list(self._margins)
        self._lines.append(f"{margin}{line}".rstrip())
