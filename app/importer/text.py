"""Text as the database and a reader's page can hold it: decoding, control characters, single lines."""

from __future__ import annotations

import codecs
import re

from app.blog.plain_text import plain_text
from app.importer.source import MAX_BYTES, CannotRead
from app.site import limits

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Noncharacters: no text has them, so they may stand for what is put aside while the rest is changed.
MASK_OPEN, MASK_CLOSE = "\ufdd0", "\ufdd1"
MASKS = re.compile("[\ufdd0-\ufdef]")
TITLE_LIMIT = limits.TITLE
WORDS_OF_TITLE = 8
PROSE_TAG = re.compile(r"</(?:p|a|b|i|em|strong|span|div|code|ul|ol|li|h[1-6])\s*>", re.I)


def decode(data: bytes) -> tuple[str, int | None]:
    """Return the bytes as text with Unix line ends, and on which line it was not UTF-8. Raises CannotRead for too many.

    What is not UTF-8 is read as Windows-1252, as browsers do: a few letters may be wrong, and nothing is missing.
    """
    if len(data) > MAX_BYTES:
        raise CannotRead(f"{len(data):,} bytes; a post may have at most {MAX_BYTES:,}")
    text, line = _decoded(data)
    return MASKS.sub("", text).replace("\r\n", "\n").replace("\r", "\n"), line


def _decoded(data: bytes) -> tuple[str, int | None]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), None
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        return data.decode("cp1252", "replace"), data.count(b"\n", 0, error.start) + 1


def without_controls(text: str) -> tuple[str, int]:
    """Return the text without control characters, and how many there were."""
    return CONTROL.subn("", text)


def one_line(text: str) -> str:
    """Return plain text on one line: `<T>` and `&amp;` are what they are, letters."""
    return " ".join(CONTROL.sub("", text).split())


def summary_words(text: str) -> str:
    """Return a summary on one line. Some writers put HTML there: a closing tag of prose tells it from a text with `Vec<T>`."""
    return plain_text(text) if PROSE_TAG.search(text) else one_line(text)


def fitting_title(title: str) -> str:
    return title if len(title) <= TITLE_LIMIT else title[: TITLE_LIMIT - 1].rstrip() + "…"


def title_from(words: str, *, date: str = "") -> str:
    """Return a title for a post without one: its first words, else `(untitled)` and its date."""
    first = words.split()[:WORDS_OF_TITLE]
    if first:
        return fitting_title(" ".join(first)[:120] + ("…" if len(words.split()) > WORDS_OF_TITLE else ""))
    return f"(untitled) {date}".strip()


def human_name(key: str) -> str:
    """Return "Aaron Snow" for "aaron-snow"; a name with capitals or spaces stays as it is."""
    if key != key.lower() or " " in key:
        return key
    return " ".join(part.capitalize() for part in re.split(r"[-_.]+", key) if part) or key
