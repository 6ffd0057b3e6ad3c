"""The index's reading side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from django.utils.safestring import SafeString

from app.blog.models import Post
from app.search.analysis import base, is_unspaced, places
from app.search.asking import Asked, Speech
from app.search.candidates import COUNTED, Candidates, careful
from app.search.filters import Filters
from app.search.folding import fold
from app.search.parsing import Clause, parsed, tidy
from app.search.snippets import FIRST_LOOK, TEXT_LIMIT, Look, Marker
from app.search.spelling import Lookup
from app.site.current import site
from owed.sql import rows

PAGE_LIMIT = 100
TEXTS = "SELECT post_id, title, left(body, %(limit)s) FROM search_document WHERE post_id = ANY(%(ids)s)"


@dataclass(frozen=True, kw_only=True)
class Result:
    """A post that was found. Title and snippet are safe HTML with <mark> around the words that matched."""

    post: Post
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True, kw_only=True)
class Results:
    """One page of what was found, best first."""

    text: str
    corrected: str = ""
    """What was searched for instead, where nothing has the words as they were typed."""
    number: int = 1
    size: int = 20
    total: int = 0
    """To a thousand."""
    is_exact: bool = True
    """False: there are more than `total`."""
    has_next: bool = False
    results: list[Result] = field(default_factory=list)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least; the last that can be asked for is PAGE_LIMIT."""
        counted = max(1, -(-self.total // self.size))
        return min(PAGE_LIMIT, counted if self.is_exact else max(counted, self.number + self.has_next))


NOTHING = Filters()


def search(text: str, page: int = 1, *, size: int = 20, filters: Filters = NOTHING) -> Results:
    """Find public posts by words, "phrases", -exclusions and the beginning of the last word. Any text is a valid query.

    Raises BadFilter.
    """
    text = tidy(text)
    number = min(max(page, 1), PAGE_LIMIT)
    return _Search(text, filters).page(number, size)


class _Search:
    """One query, from the text to a page."""

    def __init__(self, text: str, filters: Filters) -> None:
        self.text = text
        self.corrected = ""
        self.clauses = parsed(text)
        self.carried = filters.lexemes
        self.dates, self.values = filters.dates()

    def page(self, number: int, size: int) -> Results:
        if not self.clauses:
            return Results(text=self.text, number=number, size=size)
        with careful():
            lookup = Lookup(self.clauses)
            self._ask(lookup)
            if not self.total:
                self._correct(lookup)
            ids = self._ids((number - 1) * size, size + 1)
        return Results(
            text=self.text, corrected=self.corrected, number=number, size=size, total=min(self.total, COUNTED),
            is_exact=self.total <= COUNTED, has_next=len(ids) > size and number < PAGE_LIMIT,
            results=self._results(ids[:size]) if ids else [],
        )  # fmt: skip

    def _ask(self, lookup: Lookup) -> None:
        self.speech = lookup.speech(self.clauses)
        asked: Asked = self.speech.asked(self.clauses, self.carried)
        self.candidates = Candidates(asked, self.dates, self.values, has_pairs=not lookup.is_behind)
        self.window, self.total = self.candidates.window() if asked.query else ([], 0)

    def _correct(self, lookup: Lookup) -> None:
        """Search for what may be meant by words that no post has, if there is such a thing."""
        if not (meant := lookup.corrections(self.clauses)):
            return
        self.clauses = [
            [
                replace(term, words=(meant.get(term.words[0], term.words[0]),)) if len(term.words) == 1 else term
                for term in clause
            ]
            for clause in self.clauses
        ]
        self._ask(Lookup(self.clauses))
        if self.total:
            self.corrected = re.sub(r"[\w-]+", lambda match: meant.get(match.group(), match.group()), self.text)

    def _ids(self, offset: int, limit: int) -> list[int]:
        """Return the ids from this position on: ranked ones, then the newest."""
        ids = self.window[offset : offset + limit]
        if len(ids) < limit and self.total > len(self.window):
            ids += self.candidates.rest(self.window, offset=max(0, offset - len(self.window)), limit=limit - len(ids))
        return ids

    def _results(self, ids: list[int]) -> list[Result]:
        """Return those that are still public and in the index, as other statements read them."""
        posts = Post.objects.listed().prefetch_related(None).defer("content", "content_html").in_bulk(ids)
        marker, default = _marker(self.speech, self.clauses), site().language
        languages = {pk: base(post.language or default) for pk, post in posts.items()}
        titles, looked = _looked(marker, languages)
        return [
            Result(post=posts[pk], title=marker.whole(titles[pk], languages[pk]), snippet=looked[pk].snippet())
            for pk in ids
            if pk in titles
        ]


def _looked(marker: Marker, languages: dict[int, str]) -> tuple[dict[int, str], dict[int, Look]]:
    """Return the titles, and where words were found: first in the beginnings, then in the rest of those that lack them."""
    begun = rows(TEXTS, {"ids": list(languages), "limit": FIRST_LOOK})
    looked = {pk: marker.look(body, languages[pk]) for pk, _, body in begun}
    without = [pk for pk, look in looked.items() if not look.hits and len(look.text) == FIRST_LOOK]
    if without:
        more = rows(TEXTS, {"ids": without, "limit": TEXT_LIMIT})
        looked |= {pk: marker.look(body, languages[pk]) for pk, _, body in more}
    return {pk: title for pk, title, _ in begun}, looked


def _marker(speech: Speech, clauses: list[Clause]) -> Marker:
    typed = [word for clause in clauses for term in clause if not term.is_excluded for word in term.words]
    meant = [each for word in typed for each in (word, *speech.completions.get(word, ()))]
    lexemes, single = set[str](), set[str]()
    for word in meant:
        for language in speech.languages:
            taken = places(word, language)
            if is_unspaced(word) and len(taken) == 1:
                single.update(taken[0])
            lexemes.update(lexeme for each in (taken[:-1] if is_unspaced(word) else taken) for lexeme in each)
    return Marker(lexemes=frozenset(lexemes), single=frozenset(single), typed=frozenset(map(fold, meant)))


__all__ = ["PAGE_LIMIT", "Filters", "Result", "Results", "search", "tidy"]
