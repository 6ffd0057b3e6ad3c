"""A visitor's terms as PostgreSQL is asked for them: tsqueries, and the numbers of neighbouring words.

The queries are written out, so that the planner sees them. A word is asked for in each language that documents are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from app.search.analysis import PARTS, is_stop, is_unspaced, joined, places
from app.search.documents import REACH, hashed_pair, quoted
from app.search.folding import fold
from app.search.parsing import Clause, Term

Pairs = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the index. An empty query asks for nothing."""

    query: str = ""
    whole: str = ""
    """The same without what begun words may become: it ranks higher."""
    titled: str = ""
    """All words in the title."""
    strong: str = ""
    """All words in the title, or among the most frequent of the document."""
    hinted: str = ""
    """All words somewhere, one of them in the title; empty for one word alone."""
    phrases: tuple[tuple[Pairs, ...], ...] = ()
    """Of each phrase the neighbours that it has, in each language."""
    neighbours: tuple[Pairs, ...] = ()
    """The same of words that were typed side by side without being a phrase."""
    filters: str = ""
    """What else a document must have, and must not have."""


@dataclass(frozen=True, kw_only=True)
class Speech:
    """In which languages documents are, the site's first, and what begun words may become."""

    languages: tuple[str, ...]
    completions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def asked(self, clauses: list[Clause], filters: Iterable[str] = ()) -> Asked:
        each = [_Conjunction(self, clause) for clause in clauses]
        each = [conjunction for conjunction in each if conjunction.terms]
        if not each:
            return _asked_by_title(clauses, filters)
        alone = each[0] if len(each) == 1 else None
        return Asked(
            query=_any(one.whole(completed=True) for one in each),
            whole=_any(one.whole() for one in each),
            titled=_any(one.signed("=") for one in each),
            strong=_any(one.signed("!") for one in each),
            hinted=_any(one.hinted() for one in each),
            phrases=tuple(filter(None, map(self.pairs, alone.phrases))) if alone else (),
            neighbours=self.pairs(alone.typed) if alone and len(alone.typed) > 1 else (),
            filters=_all(filters),
        )

    def word(self, word: str, sign: str = "", *, completed: bool = False) -> str:
        """Return the query for a word; empty where it is a stop word of the site's language, and so not required."""
        if is_stop(word, self.languages[0]):
            return ""
        meant = (word, *(self.completions.get(word, ()) if completed else ()))
        return _any(dict.fromkeys(_in_language(each, language, sign) for each in meant for language in self.languages))

    def phrase(self, words: tuple[str, ...], sign: str = "") -> str:
        return _any(dict.fromkeys(_phrase(words, language, sign) for language in self.languages))

    def pairs(self, words: tuple[str, ...]) -> tuple[Pairs, ...]:
        """Return the numbers of the neighbours, in each language; none where one of them has no two words."""
        found = dict.fromkeys(_pairs(words, language) for language in self.languages if _positions(words, language))
        return () if () in found else tuple(found)


def _asked_by_title(clauses: list[Clause], filters: Iterable[str]) -> Asked:
    """Return what to ask for a text of stop words alone: those in the title, which are in no place of their own."""
    texts = [[word for term in clause if not term.is_excluded for word in term.words] for clause in clauses]
    query = _any(_all(quoted(f"%{fold(word)}") for word in some if fold(word)) for some in texts)
    return Asked(query=query, whole=query, titled=query, strong=query, filters=_all(filters))


class _Conjunction:
    """One alternative of the text."""

    def __init__(self, speech: Speech, clause: Clause) -> None:
        self.speech = speech
        wanted = [term for term in clause if not term.is_excluded]
        self.terms = [term for term in wanted if self._term(term)]
        self.excluded = [query for term in clause if term.is_excluded and (query := self._term(term))]
        self.phrases = [term.words for term in self.terms if term.is_phrase]
        self.typed = tuple(term.words[0] for term in wanted if not term.is_phrase)

    def whole(self, *, completed: bool = False) -> str:
        return self._without_excluded(self._term(term, completed=completed) for term in self.terms)

    def signed(self, sign: str) -> str:
        """Return the query for all words under a sign. Phrases are asked for besides: a sign has no place in the text."""
        return self._without_excluded(
            [*(self._term(term, sign) for term in self.terms), *map(self.speech.phrase, self.phrases)]
        )

    def hinted(self) -> str:
        one = _any(self._term(term, "=") for term in self.terms)
        return _all([one, self.whole()]) if len(self.terms) > 1 else ""

    def _term(self, term: Term, sign: str = "", *, completed: bool = False) -> str:
        if term.is_phrase:
            return self.speech.phrase(term.words, sign)
        return self.speech.word(term.words[0], sign, completed=completed and term.is_begun)

    def _without_excluded(self, queries: Iterable[str]) -> str:
        return _all([*queries, *(f"!{query}" for query in self.excluded)])


def _in_language(word: str, language: str, sign: str) -> str:
    """Return the query for a word in a language; for a stop word of it, for any document in the language."""
    parts = [_part(part, language, sign) for part in PARTS.findall(word)]
    if not any(parts):
        return quoted(f"^{language}")
    whole = joined(word, language)
    return _any([_all(filter(None, parts)), quoted(sign + whole) if whole else ""])


def _part(part: str, language: str, sign: str) -> str:
    taken = [each for each in places(part, language) if each]
    if not is_unspaced(part):
        return _any(quoted(sign + lexeme) for each in taken for lexeme in each)
    if len(taken) == 1:
        return f"{quoted(sign + taken[0][0])}:*"
    return _phrase((part,), language, sign)


def _phrase(words: tuple[str, ...], language: str, sign: str) -> str:
    """Return the query for words in their order, with their gaps. Under a sign there is no order: all are asked for."""
    found = _positions(words, language)
    if sign:
        return _all(quoted(sign + lexeme) for lexeme, _ in found)
    query = ""
    for number, (lexeme, at) in enumerate(found):
        query += f" <{at - found[number - 1][1]}> {quoted(lexeme)}" if number else quoted(lexeme)
    return f"({query})" if len(found) > 1 else query


def _pairs(words: tuple[str, ...], language: str) -> Pairs:
    found = _positions(words, language)
    return tuple(
        hashed_pair(first, second, at - before) for (first, before), (second, at) in pairwise(found) if at - before <= REACH
    )


def _positions(words: tuple[str, ...], language: str) -> list[tuple[str, int]]:
    """Return the lexemes of a phrase that documents must have, each with its place."""
    found, at = list[tuple[str, int]](), 0
    for word in words:
        taken = places(word, language)
        # The last character alone is in the index only where a text ends with it.
        needed = taken[:-1] if len(taken) > 1 and is_unspaced(word) else taken
        found += [(each[0], at + number) for number, each in enumerate(needed) if each]
        at += len(taken)
    return found


def _all(queries: Iterable[str]) -> str:
    return _grouped(" & ", queries)


def _any(queries: Iterable[str]) -> str:
    return _grouped(" | ", queries)


def _grouped(sign: str, queries: Iterable[str]) -> str:
    found = [query for query in dict.fromkeys(queries) if query]
    return f"({sign.join(found)})" if len(found) > 1 else "".join(found)
