"""On which line of a file a piece of its text is, for the report."""

from __future__ import annotations

import re

from app.importer.markdown_urls import images_in
from app.importer.text import CONTROL

# Looking for each of very many URLs in a large file would cost the product of both.
MOST = 300


class LineNumbers:
    """Finds pieces of one file's text. Its first line is 1."""

    def __init__(self, text: str) -> None:
        self._text, self._asked = text, 0

    def of(self, piece: str) -> int | None:
        """Return the line on which the piece begins, or None where it is not written so, or too much was asked for."""
        self._asked += 1
        position = self._text.find(piece) if piece and self._asked <= MOST else -1
        return None if position < 0 else self._text.count("\n", 0, position) + 1

    def of_control(self) -> int | None:
        match = CONTROL.search(self._text)
        return self._text.count("\n", 0, match.start()) + 1 if match else None

    def of_urls(self, content: str) -> dict[str, int]:
        """Return the lines of the URLs in a text that was made of this one."""
        urls = dict.fromkeys(url for url, _ in images_in(content) if re.match(r"[^#]", url))
        return {url: line for url in list(urls)[:MOST] if (line := self.of(url))}
