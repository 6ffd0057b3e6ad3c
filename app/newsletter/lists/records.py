"""A CSV file as records: whatever its encoding, line ends and delimiter, and however broken one of its lines is.

One line that cannot be read costs itself alone, and no file takes more memory than its longest record.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

LONGEST = 100_000
"""Characters of one line."""
TALLEST = 20
"""Lines of one record: a quotation mark that nothing closes takes no more lines than these with it."""
DELIMITERS = ",;\t"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record and the number of its first line. `problem` is why it could not be read; `text` is how it begins."""

    line: int
    cells: tuple[str, ...] = ()
    problem: str = ""
    text: str = ""
    is_guessed: bool = False
    """Whether it is not UTF-8, and was read as Windows-1252."""


def records(file: IO[bytes], delimiter: str) -> Iterator[Record]:
    """Yield what is in the file, without empty lines."""
    lines = _Lines(file)
    while (first := lines.next()) is not None:
        if first.text.strip():
            yield _record(first, lines, delimiter)


def delimiter_of(file: IO[bytes]) -> str:
    """Return what parts the cells of the first line, and leave the file at its beginning."""
    first = _Lines(file).next()
    file.seek(0)
    return max(DELIMITERS, key=first.text.count) if first else DELIMITERS[0]


@dataclass(frozen=True, kw_only=True)
class _Line:
    number: int
    text: str
    is_guessed: bool = False
    is_cut: bool = False


class _Lines:
    """The lines of a file, of which some can be given back."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        start = file.read(4)
        file.seek(0)
        encoding = "utf-16" if start[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        errors = "replace" if encoding == "utf-16" else "surrogateescape"
        # Detached, as the wrapper would close the file with itself.
        self._text = io.TextIOWrapper(cast("IO[bytes]", _Open(file)), encoding=encoding, errors=errors, newline=None)
        self._back: deque[_Line] = deque()
        self._number = 0

    def next(self) -> _Line | None:
        if self._back:
            return self._back.popleft()
        text = self._text.readline(LONGEST)
        if not text:
            return None
        self._number += 1
        is_cut = len(text) == LONGEST and not text.endswith("\n")
        rest = is_cut
        while rest:
            more = self._text.readline(LONGEST)
            rest = len(more) == LONGEST and not more.endswith("\n")
        decoded = _decoded(text)
        return _Line(number=self._number, text=decoded, is_guessed=decoded != text, is_cut=is_cut)

    def give_back(self, lines: list[_Line]) -> None:
        self._back.extendleft(reversed(lines))


class _Open(io.RawIOBase):
    """A file that stays open when its wrapper goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _decoded(text: str) -> str:
    if text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text):
        return text
    return text.encode(errors="surrogateescape").decode("cp1252", errors="replace")


def _record(first: _Line, lines: _Lines, delimiter: str) -> Record:
    if first.is_cut:
        return Record(line=first.number, problem="too_long", text=first.text[:200])
    if '"' not in first.text:
        cells = first.text.rstrip("\n").split(delimiter)
        return _read(first, [first], cells)
    return _quoted(first, lines, delimiter)


def _quoted(first: _Line, lines: _Lines, delimiter: str) -> Record:
    """Read a record that may go on over several lines."""
    taken = [first]
    while True:
        try:
            return _read(first, taken, next(csv.reader([each.text for each in taken], delimiter=delimiter, strict=True)))
        except csv.Error as error:
            if "unexpected end" not in str(error):
                break
        following = lines.next() if len(taken) < TALLEST else None
        if following is None or following.is_cut:
            lines.give_back([*taken[1:], *([following] if following else [])])
            return Record(line=first.number, problem="quote", text=first.text[:200])
        taken.append(following)
    # A quotation mark in the middle of a cell, as people type it.
    lines.give_back(taken[1:])
    return _read(first, [first], next(csv.reader([first.text], delimiter=delimiter)))


def _read(first: _Line, taken: list[_Line], cells: list[str]) -> Record:
    is_guessed = any(each.is_guessed for each in taken)
    trimmed = tuple(cell.strip().replace("\x00", "") for cell in cells)
    return Record(line=first.number, cells=trimmed, text=first.text[:200].replace("\x00", ""), is_guessed=is_guessed)
