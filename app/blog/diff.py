"""What differs between two texts: by lines, and within changed lines by words. Never takes long, whatever the texts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "removed", "added"]
Change = tuple[int, int, int, int]  # the parts [a1:a2] and [b1:b2] that differ
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\S\n]+|\n|[^\w\s]")
AT_ONCE = 40_000  # pairs of lines or words that difflib compares in one gap
IN_ALL = 600_000


@dataclass(frozen=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Block:
    """Lines that are the same in both texts, or a place where they differ."""

    is_same: bool
    pieces: tuple[Piece, ...]

    @property
    def lines(self) -> int:
        return sum(piece.text.count("\n") for piece in self.pieces)


class _Budget:
    def __init__(self) -> None:
        self.left = IN_ALL

    def allows(self, pairs: int) -> bool:
        """Return whether so many pairs may be compared, and count them."""
        if pairs > min(AT_ONCE, self.left):
            return False
        self.left -= pairs
        return True


def blocks(before: str, after: str) -> list[Block]:
    """Return both texts, in order, as blocks. What is too much to compare is shown as removed and added as a whole."""
    old, new, budget = before.splitlines(keepends=True), after.splitlines(keepends=True), _Budget()
    found, done = [], 0
    for a1, a2, b1, b2 in _changes(old, new, budget):
        if done < a1:
            found.append(_same(old[done:a1]))
        found.append(Block(False, tuple(_words("".join(old[a1:a2]), "".join(new[b1:b2]), budget))))
        done = a2
    return [*found, _same(old[done:])] if done < len(old) else found


def _same(lines: Sequence[str]) -> Block:
    return Block(True, (Piece("same", "".join(lines)),))


def _words(before: str, after: str, budget: _Budget) -> Iterator[Piece]:
    old, new, done = WORD.findall(before), WORD.findall(after), 0
    for a1, a2, b1, b2 in _changes(old, new, budget):
        yield from _piece("same", old[done:a1])
        yield from _piece("removed", old[a1:a2])
        yield from _piece("added", new[b1:b2])
        done = a2
    yield from _piece("same", old[done:])


def _piece(kind: Kind, words: Sequence[str]) -> Iterator[Piece]:
    if words:
        yield Piece(kind, "".join(words))


def _changes(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[Change]:
    """Return where two sequences differ, in order. First what is unique in both holds them together ("patience diff")."""
    a, b = 0, 0
    for x, y in [*_anchors(old, new), (len(old), len(new))]:
        yield from _gap(old, new, (a, x, b, y), budget)
        a, b = x + 1, y + 1


def _gap(old: Sequence[str], new: Sequence[str], gap: Change, budget: _Budget) -> Iterator[Change]:
    a1, a2, b1, b2 = gap
    while a1 < a2 and b1 < b2 and old[a1] == new[b1]:
        a1, b1 = a1 + 1, b1 + 1
    while a1 < a2 and b1 < b2 and old[a2 - 1] == new[b2 - 1]:
        a2, b2 = a2 - 1, b2 - 1
    if a1 == a2 and b1 == b2:
        return
    if a1 == a2 or b1 == b2 or not budget.allows((a2 - a1) * (b2 - b1)):
        yield a1, a2, b1, b2
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old[a1:a2], new[b1:b2], autojunk=False).get_opcodes():
        if tag != "equal":
            yield a1 + i1, a1 + i2, b1 + j1, b1 + j2


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of what is once in each, as far as it is in the same order in both."""
    once_old, once_new = _unique(old), _unique(new)
    pairs = [(place, once_new[text]) for text, place in once_old.items() if text in once_new]
    return _longest_rising(pairs)


def _unique(items: Sequence[str]) -> dict[str, int]:
    number = Counter(items)
    return {text: place for place, text in enumerate(items) if number[text] == 1}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second numbers rise; the first ones do already."""
    ends: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for index, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        back.append(last[at - 1] if at else -1)
        ends[at : at + 1], last[at : at + 1] = [place], [index]
    run, index = [], last[-1] if last else -1
    while index >= 0:
        run.append(pairs[index])
        index = back[index]
    return run[::-1]
