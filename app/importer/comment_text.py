"""HTML of comments as Markdown: the few elements that comments may have, all else as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from app.importer.markdown_code import code_span, fenced

SPECIAL = re.compile(r"([\\`*_\[\]<>])")
LEADING = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s)", re.M)
AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "cite": "*"}
BLOCKS = {"p", "div", "ul", "ol"}


def markdown_of(markup: str) -> str:
    """Return a comment's HTML, or plain text, as Markdown that shows the same words."""
    parser = _Comment()
    parser.feed(markup.replace("\r\n", "\n"))
    parser.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(parser.written)).strip()


class _Comment(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._code: list[str] | None = None
        self._is_block = False
        self._quotes: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in AROUND:
            self.written.append(AROUND[tag])
        elif tag in {"code", "pre"}:
            self._is_block = tag == "pre" if self._code is None else self._is_block
            self._code = self._code if self._code is not None else []
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.written)))
        elif tag == "br":
            self.written.append("\n")
        elif tag == "li":
            self.written.append("\n- ")
        elif tag == "blockquote":
            self._quotes.append(len(self.written))
        elif tag in BLOCKS:
            self.written.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in AROUND:
            self.written.append(AROUND[tag])
        elif self._code is not None and tag == ("pre" if self._is_block else "code"):
            code = "".join(self._code)
            self.written.append(f"\n\n{fenced(code.strip(chr(10)))}\n\n" if self._is_block or "\n" in code else code_span(code))
            self._code = None
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag == "blockquote" and self._quotes:
            begin = self._quotes.pop()
            quoted = "".join(self.written[begin:]).strip()
            self.written[begin:] = ["\n\n" + "\n".join(f"> {line}".rstrip() for line in quoted.split("\n")) + "\n\n"]
        elif tag in BLOCKS:
            self.written.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.append(data)
        else:
            self.written.append(LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", data)))

    def close(self) -> None:
        super().close()
        if self._code is not None:
            self.handle_endtag("pre" if self._is_block else "code")

    def _link(self, url: str, begin: int) -> None:
        words = "".join(self.written[begin:]).strip()
        is_address = re.match(r"https?://[^\s<>]+\Z", url) is not None
        self.written[begin:] = [f"[{words or url}](<{url}>)" if is_address else words]
