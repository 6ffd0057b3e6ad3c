"""The part of a text in which words were found, as safe HTML with <mark> around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from app.search.analysis import is_unspaced, places, spans
from app.search.folding import fold

FIRST_LOOK, TEXT_LIMIT = 4_000, 20_000  # characters
BEFORE, WORDS = 6, 30  # of a fragment
FRAGMENTS = 2
BETWEEN = " … "


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A place in the text, the number of the word that begins it, and what was found there."""

    start: int
    end: int
    word: int
    lexeme: str


@dataclass(frozen=True, kw_only=True)
class Marker:
    """Marks these lexemes in texts of a language."""

    lexemes: frozenset[str]
    single: frozenset[str] = field(default_factory=frozenset)
    """Characters of scripts without spaces that were looked for alone."""

    def whole(self, text: str, language: str) -> SafeString:
        """Return the text with what was found marked."""
        hits, _ = self._look(text, language)
        return _safe(_marked(text, hits, 0, len(text)))

    def snippet(self, text: str, language: str) -> SafeString:
        """Return one or two parts of the text in which most was found, or its beginning."""
        for limit in (FIRST_LOOK, TEXT_LIMIT):
            looked_at = text[:limit]
            hits, starts = self._look(looked_at, language)
            if hits or len(text) <= limit:
                break
        fragments = _fragments(hits, len(starts))
        return _safe(BETWEEN.join(_fragment(looked_at, hits, starts, *fragment) for fragment in sorted(fragments)))

    def _look(self, text: str, language: str) -> tuple[list[Hit], list[int]]:
        """Return what is found in the text, and where its words begin."""
        hits, starts = list[Hit](), list[int]()
        for match in spans(text):
            word, at = match.group(), match.start()
            if is_unspaced(word):
                hits += self._characters(word, at, len(starts), language)
            elif found := next((lexeme for place in places(word, language) for lexeme in place if lexeme in self.lexemes), ""):
                hits.append(Hit(start=at, end=match.end(), word=len(starts), lexeme=found))
            # Without spaces, a run of characters counts as a word each few of them.
            starts += range(at, match.end(), 4) if is_unspaced(word) else [at]
        return hits, starts

    def _characters(self, run: str, at: int, first: int, language: str) -> list[Hit]:
        folded = fold(run)
        if len(folded) != len(run):
            folded = run
        found = list[Hit]()
        for number in range(len(folded)):
            pair = folded[number : number + 2]
            length = 2 if len(pair) == 2 and pair in self.lexemes else int(pair[0] in self.single)
            if length:
                start = at + number
                if found and found[-1].end >= start:
                    found[-1] = Hit(start=found[-1].start, end=start + length, word=found[-1].word, lexeme=pair)
                else:
                    found.append(Hit(start=start, end=start + length, word=first + number // 4, lexeme=pair))
        return found


def _fragments(hits: Sequence[Hit], words: int) -> list[tuple[int, int]]:
    """Return the words from which and to which the parts go that show most."""
    chosen, shown = list[tuple[int, int]](), set[str]()
    for _ in range(FRAGMENTS):
        best, score = None, 0.0
        for hit in hits:
            start = max(0, hit.word - BEFORE)
            end = start + WORDS
            if any(start < other_end and other_start < end for other_start, other_end in chosen):
                continue
            within = [each.lexeme for each in hits if start <= each.word < end] if len(hits) < 200 else [hit.lexeme]
            worth = 10 * len(set(within) - shown) + min(len(within), 9) / 10
            if worth > score:
                best, score = (start, end), worth
        if best is None:
            break
        chosen.append(best)
        shown |= {hit.lexeme for hit in hits if best[0] <= hit.word < best[1]}
    return chosen or [(0, min(words, WORDS))]


def _fragment(text: str, hits: Sequence[Hit], starts: Sequence[int], first: int, last: int) -> str:
    if not starts:
        return escape(text[:200])
    start = starts[first] if first else 0
    end = starts[last] if last < len(starts) else len(text)
    return _marked(text, hits, start, min(end, start + 600)).strip()


def _marked(text: str, hits: Sequence[Hit], start: int, end: int) -> str:
    """Escape everything, with marks around what was found."""
    parts, at = list[str](), start
    for hit in hits:
        if start <= hit.start and hit.end <= end:
            parts += [escape(text[at : hit.start]), "<mark>", escape(text[hit.start : hit.end]), "</mark>"]
            at = hit.end
    return "".join([*parts, escape(text[at:end])])


def _safe(markup: str) -> SafeString:
    return mark_safe(markup)  # noqa: S308 - escaped above
