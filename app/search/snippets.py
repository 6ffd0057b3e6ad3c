"""The part of a text in which words were found, as safe HTML with <mark> around them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from app.search.analysis import is_unspaced, places, words
from app.search.folding import fold

FIRST_LOOK, TEXT_LIMIT = 4_000, 20_000  # characters
BEFORE, LENGTH, SHORT = 60, 240, 30  # characters of a fragment, and of what is cut to end it between words
FRAGMENTS = 2
HITS = 100
BETWEEN = " … "

Hit = tuple[int, int]
Window = tuple[Hit, frozenset[str], int]


@dataclass(frozen=True, kw_only=True)
class Marker:
    """Marks these lexemes in texts of a language."""

    lexemes: frozenset[str]
    single: frozenset[str] = field(default_factory=frozenset)
    """Characters of scripts without spaces that were looked for alone."""
    typed: frozenset[str] = field(default_factory=frozenset)
    """The words as they were asked for, folded: the stem of `lying` begins otherwise."""

    @cached_property
    def begins(self) -> frozenset[str]:
        """Return how words begin in which the lexemes may be: endings differ, beginnings hardly ever."""
        found = {each[:2] for each in (*self.lexemes, *self.typed) if each}
        return frozenset(
            each for begin in found for each in (begin, begin.title(), begin.upper(), begin[0] + begin[1:].upper())
        )

    def whole(self, text: str, language: str) -> SafeString:
        """Return the text with what was found marked."""
        return _safe(_marked(text, self._hits(text, language), 0, len(text)))

    def look(self, text: str, language: str) -> Look:
        """Return where in a text, or in its beginning, something is found."""
        return Look(text=text, hits=self._hits(text, language))

    def _hits(self, text: str, language: str) -> list[Hit]:
        """Return where something is found: each different word is looked at once, then the text is searched for those."""
        found, begins = set[str](), self.begins
        for word in [each for each in set(words(text)) if each[:2] in begins or "-" in each or not each.isascii()]:
            if is_unspaced(word):
                found.update(self._runs(word))
            elif any(lexeme in self.lexemes for place in places(word, language) for lexeme in place):
                found.add(word)
        return _without_overlaps(sorted((at, at + len(word)) for word in found for at in _occurrences(text, word)))

    def _runs(self, word: str) -> Iterator[str]:
        """Return the parts of a word without spaces that were looked for."""
        marked = [False] * len(word)
        for at in range(len(word)):
            if fold(word[at : at + 2]) in self.lexemes and at + 1 < len(word):
                marked[at] = marked[at + 1] = True
            elif fold(word[at]) in self.single:
                marked[at] = True
        runs = "".join(letter if is_marked else " " for letter, is_marked in zip(word, marked, strict=True))
        yield from runs.split()


@dataclass(frozen=True, kw_only=True)
class Look:
    """A text, and where in it something was found: in their order, none over another."""

    text: str
    hits: list[Hit]

    def snippet(self) -> SafeString:
        """Return one or two parts of the text in which most was found, or its beginning."""
        return _safe(BETWEEN.join(_marked(self.text, self.hits, *part) for part in sorted(_parts(self.text, self.hits))))


def _occurrences(text: str, word: str) -> Iterator[int]:
    """Return where the word begins in the text, not as a part of another one."""
    inside, at = is_unspaced(word), text.find(word)
    while at >= 0:
        end = at + len(word)
        if inside or not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            yield at
        at = text.find(word, end)


def _without_overlaps(hits: list[Hit]) -> list[Hit]:
    found = list[Hit]()
    for hit in hits:
        if not found or hit[0] >= found[-1][1]:
            found.append(hit)
    return found


def _parts(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return from where to where the parts go that show most different words, without what another shows."""
    chosen, shown = list[Hit](), set[str]()
    windows = _windows(text, hits) if hits else []
    for _ in range(FRAGMENTS):
        best, new, most = None, frozenset[str](), 0
        for (start, end), within, number in windows:
            worth = 10 * len(within - shown) + min(number, 9)
            if worth > most and not any(start < other_end and other < end for other, other_end in chosen):
                best, new, most = (start, end), within, worth
        if best is None:
            break
        chosen.append(best)
        shown |= new
    return chosen or [_between_words(text, 0, min(len(text), LENGTH))]


def _windows(text: str, hits: Sequence[Hit]) -> list[Window]:
    """Return the parts that may be shown, each with the different words that were found in it, and how many hits it has."""
    starts, ends = zip(*hits, strict=True)
    found = [text[at:to].casefold() for at, to in hits]
    windows = list[Window]()
    for start, end in _starting_at(text, hits[:HITS]):
        within = found[bisect_left(starts, start) : bisect_right(ends, end)]
        windows.append(((start, end), frozenset(within), len(within)))
    return windows


def _starting_at(text: str, hits: Sequence[Hit]) -> Iterator[Hit]:
    before = -LENGTH
    for start, end in hits:
        if start - before >= BEFORE:
            yield _between_words(text, max(0, start - BEFORE), min(len(text), max(end, start + LENGTH - BEFORE)))
            before = start


def _between_words(text: str, start: int, end: int) -> Hit:
    """Return a part that begins and ends between words, where there are spaces."""
    first = text.find(" ", start, start + SHORT) + 1 if start else 0
    last = text.rfind(" ", end - SHORT, end) if end < len(text) else end
    return first or start, last if last > 0 else end


def _marked(text: str, hits: Sequence[Hit], start: int, end: int) -> str:
    """Escape everything, with marks around what was found."""
    parts, at = list[str](), start
    for first, last in hits:
        if start <= first and last <= end:
            parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
            at = last
    return "".join([*parts, escape(text[at:end])]).strip()


def _safe(markup: str) -> SafeString:
    return mark_safe(markup)  # noqa: S308 - escaped above
