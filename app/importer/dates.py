"""Dates as blogs write them: ISO 8601, words, numbers of seconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from app.importer.source import CannotRead

MONTHS = {name: number for number, name in enumerate([
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
], 1)}  # fmt: skip
# Hours from UTC. Names that several countries use mean what RFC 2822 or Ruby's Time say.
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "bst": 1, "cet": 1, "west": 1, "cest": 2, "eet": 2, "sast": 2, "eest": 3,
    "msk": 3, "ist": 5.5, "sgt": 8, "awst": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10,
}  # fmt: skip
NUMBER = re.compile(r"(-?\d+)(?:\.\d+)?")
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?", re.I)
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
WORD_FIRST = re.compile(r"(?:[a-z]+day,?\s+|[a-z]{3},?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.I)
DAY_FIRST = re.compile(
    r"(?:[a-z]+day,?\s+|[a-z]{3},?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})(?!\d)", re.I
)
UNIX_DATE = re.compile(r"[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d\d?:\d\d:\d\d)\s+(?:([a-z]{2,5})\s+)?(\d{4})", re.I)
CLOCK = re.compile(
    r"(?:[\s,T]|at\b)*(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))?(?:[.,](?P<fraction>\d+))?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>[+-]\d{1,2}:?(?:\d\d)?|[A-Za-z]+(?:/[\w+-]+)*)?(?:\s*\([A-Za-z ]+\))?",
    re.I,
)
SECONDS, MILLISECONDS = range(8, 11), range(11, 14)


def parse_date(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the date in any form that blogs write, or None for an empty text. Raises CannotRead.

    Without a time, or with one that cannot be read, it is midnight; without a zone it is in `zone`.
    """
    text = " ".join(text.split())
    if not text or text.startswith("0000-00-00"):
        return None
    try:
        found = _number(text) or _compact(text, zone) or _written(text, zone)
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise CannotRead(f"date {text[:40]!r} cannot be read; write it as 2024-02-28 or 2024-02-28T09:30:00Z")
    return found


def midnight(day: date, zone: tzinfo = UTC) -> datetime:
    return datetime.combine(day, time(), zone)


def zone_named(name: str) -> tzinfo | None:
    """Return the zone for `+02`, `+0200`, `EST` or `Europe/Berlin`, or None."""
    if match := re.fullmatch(r"([+-])(\d{1,2}):?(\d\d)?", name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    if name.lower() in ZONES:
        return timezone(timedelta(hours=ZONES[name.lower()])) if ZONES[name.lower()] else UTC
    try:
        return ZoneInfo(name) if "/" in name else None
    except (ValueError, OSError, LookupError):
        return None


def _number(text: str) -> datetime | None:
    """Read seconds or milliseconds since 1970."""
    match = NUMBER.fullmatch(text)
    digits = len(match[1].lstrip("-")) if match else 0
    if match is None or (digits == 8 and COMPACT.fullmatch(text) and 1000 <= int(text[:4]) <= 2200):
        return None
    value = int(match[1])
    if digits in SECONDS:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=value)
    if digits in MILLISECONDS and not _is_compact_minute(text):
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=value // 1000)
    return None


def _is_compact_minute(text: str) -> bool:
    """Tell 201503051030 from milliseconds: it would be a day of 1976."""
    return len(text) == 12 and text.startswith(("19", "20")) and COMPACT.fullmatch(text) is not None


def _compact(text: str, zone: tzinfo) -> datetime | None:
    match = COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    return datetime(year, month, day, hour, minute, second, tzinfo=zone_named(match[7] or "") or zone)


def _written(text: str, zone: tzinfo) -> datetime | None:
    """Read a day, and the time behind it where that can be read."""
    if match := UNIX_DATE.fullmatch(text):
        text = f"{match[2]} {match[1]} {match[5]} {match[3]} {match[4] or ''}"
    found = _day(text)
    if found is None:
        return None
    day, rest = found
    clock = CLOCK.fullmatch(rest.strip()) if rest.strip() else None
    try:
        return _at(day, clock, zone) if clock else midnight(day, zone)
    except ValueError:
        return midnight(day, zone)


def _day(text: str) -> tuple[date, str] | None:
    if match := YEAR_FIRST.match(text):
        return date(int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    if match := YEAR_LAST.match(text):
        return _day_or_month_first(int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    if match := WORD_FIRST.match(text):
        return date(int(match[3]), _month(match[1]), int(match[2])), text[match.end() :]
    if match := DAY_FIRST.match(text):
        return date(int(match[3]), _month(match[2]), int(match[1])), text[match.end() :]
    return None


def _day_or_month_first(first: int, second: int, year: int) -> date:
    """Read 03/14/2015 and 14.03.2015. Where both are possible the month is first, as in the generators' own examples."""
    return date(year, second, first) if first > 12 else date(year, first, second)


def _month(name: str) -> int:
    number = MONTHS.get(name[:3].lower())
    if number is None:
        raise ValueError(name)
    return number


def _at(day: date, clock: re.Match[str], zone: tzinfo) -> datetime:
    hour, half = int(clock["hour"]), (clock["half"] or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif clock["minute"] is None:
        raise ValueError("an hour alone may be anything")
    moment = time(hour, int(clock["minute"] or 0), int(clock["second"] or 0), int((clock["fraction"] or "0")[:6].ljust(6, "0")))
    return datetime.combine(day, moment, (zone_named(clock["zone"]) if clock["zone"] else zone) or zone)
