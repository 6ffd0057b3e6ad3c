"""Text as the database and a reader's page can hold it: decoding, names, dates."""

from __future__ import annotations

import hashlib
import html
import re
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime

import nh3
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify

from app.importer.entry import MAX_BYTES, Unreadable

CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
DATED_NAME = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})-(.+)$")
DAY = r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
HOUR = r"(\d{1,2}):(\d\d)((?::\d\d)?(?:[.,]\d+)?)\s*(Z|UTC|GMT|[+-]\d{1,2}:?(?:\d\d)?)?"
LOOSE = re.compile(rf"{DAY}(?:[T\s]+{HOUR})?", re.I)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def decoded(data: bytes) -> str:
    """Return the bytes as text with Unix line ends. Raises Unreadable that names the offset."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{len(data):,} bytes; a post may have at most {MAX_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8: byte {data[error.start]:#04x} at offset {error.start}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cleaned(text: str) -> tuple[str, int]:
    """Return the text without control characters, and how many there were. Raises Unreadable for a NUL."""
    if "\0" in text:
        raise Unreadable(f"has a NUL character at position {text.index(chr(0))}")
    return CONTROL.subn("", text)


def one_line(text: str) -> str:
    """Return the words of HTML or text on one line: for titles, excerpts and names."""
    bare = html.unescape(nh3.clean(text, tags=set(), clean_content_tags={"script", "style"}))
    return " ".join(CONTROL.sub("", bare.replace("\0", "")).split())


def slug_of(text: str, *, kind: str, limit: int = 200) -> str:
    """Return an ASCII slug; text without one ASCII letter gets a stable name of its own."""
    slug = slugify(text)[:limit].strip("-_")
    return slug or f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def free(wanted: str, taken: set[str]) -> str:
    """Return the slug, numbered where it is taken."""
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def humanised(key: str) -> str:
    """Return "Aaron Snow" for "aaron-snow"; a name with capitals or spaces stays as it is."""
    if key != key.lower() or " " in key:
        return key
    return " ".join(part.capitalize() for part in re.split(r"[-_.]+", key) if part) or key


def moment(text: str) -> datetime | None:
    """Return the date in any form that blogs write, or None for an empty text. Raises Unreadable.

    Without a time it is midnight, without a zone UTC.
    """
    text = text.strip()
    if not text or text.startswith("0000-00-00"):
        return None
    try:
        found = _parsed(text)
    except (ValueError, OverflowError, TypeError):
        found = None
    if found is None:
        raise Unreadable(f"date {text[:40]!r} cannot be read; write it as 2024-02-28 or 2024-02-28T09:30:00Z")
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    if aware < EARLIEST:
        raise Unreadable(f"date {text[:40]!r} is before 1970")
    return aware


def _parsed(text: str) -> datetime | None:
    """Read ISO 8601 with what blogs do to it: one digit where two belong, spaces before the zone, zones of hours alone."""
    match = LOOSE.fullmatch(text)
    if match is None:
        return parsedate_to_datetime(text)
    year, month, day, hour, minute, rest, zone = match.groups()
    found = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return midnight(date.fromisoformat(found))
    return parse_datetime(f"{found}T{int(hour):02}:{minute}{rest or ''}{_zone(zone or '')}")


def _zone(text: str) -> str:
    """Return "-04:00" for "-4", "-04", "-0400"; a Z for a zone's name."""
    match = re.fullmatch(r"([+-])(\d{1,2}):?(\d\d)?", text)
    return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}" if match else "Z"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
