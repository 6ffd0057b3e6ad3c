"""The index's reading side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from app.blog.models import Post
from app.search.folding import folded
from owed.sql import rows

TEXT_LIMIT = 200
PAGE_LIMIT = 100
HEADLINE_LIMIT = 20_000
OPEN, CLOSE = "\ue000", "\ue001"  # the index holds neither
LAST_WORD = re.compile(r"(?:^|(?<=\s))\w{2,}$")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ue000\ue001]+")

TEXT, HEAD, LAST_BEGUN = folded("%(text)s"), folded("%(head)s"), folded("%(last)s")
WHOLE = f"websearch_to_tsquery('english', {TEXT})"
# A word that is only begun has no stem: titles are indexed as written too.
LAST = f"(to_tsquery('english', {LAST_BEGUN}) || to_tsquery('simple', {LAST_BEGUN}))"
BEGUN = f"({WHOLE} || (websearch_to_tsquery('english', {HEAD}) && {LAST}))"
# Snippets are marked in the words as they were written.
AS_WRITTEN = "websearch_to_tsquery('english', %(text)s)"
SEARCH = """
WITH asked AS MATERIALIZED (SELECT {query} AS query, {whole} AS whole, {query} || {as_written} AS marked),
found AS (
    SELECT post_id, published_at, ts_rank(vector, whole) + ts_rank(vector, query) / 4 AS rank, count(*) OVER () AS total
    FROM search_document, asked WHERE vector @@ query
    ORDER BY rank DESC, published_at DESC, post_id DESC LIMIT %(size)s OFFSET %(offset)s
)
SELECT found.post_id, total,
       ts_headline('english', title, marked, %(marks)s || ', HighlightAll=true'),
       ts_headline('english', left(body, %(limit)s), marked,
                   %(marks)s || ', MaxFragments=2, MinWords=10, MaxWords=30, FragmentDelimiter=" … "')
FROM found JOIN search_document USING (post_id), asked
ORDER BY rank DESC, found.published_at DESC, found.post_id DESC
"""


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
    number: int = 1
    size: int = 20
    total: int = 0
    results: list[Result] = field(default_factory=list)

    @property
    def has_next(self) -> bool:
        return self.number * self.size < self.total and self.number < PAGE_LIMIT

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def search(text: str, page: int = 1, *, size: int = 20) -> Results:
    """Find public posts by words, "phrases", -exclusions and the beginning of the last word. Any text is a valid query."""
    text = tidy(text)
    number = min(max(page, 1), PAGE_LIMIT)
    found = _found(text, number, size) if text else []
    posts = Post.objects.listed().in_bulk([row[0] for row in found])
    results = [_result(posts[pk], title, body) for pk, _, title, body in found if pk in posts]
    return Results(text=text, number=number, size=size, total=_total(text, number, found), results=results)


def tidy(text: str) -> str:
    """Return the part of a visitor's text that is searched for."""
    return " ".join(UNPRINTABLE.sub(" ", text[: TEXT_LIMIT * 10]).split())[:TEXT_LIMIT]


def _found(text: str, number: int, size: int) -> list[Any]:
    last = _begun_word(text)
    values: dict[str, str | int] = {
        "text": text,
        "head": text.removesuffix(last),
        "last": f"'{last}':*",
        "size": size,
        "offset": (number - 1) * size,
        "limit": HEADLINE_LIMIT,
        "marks": f"StartSel={OPEN}, StopSel={CLOSE}",
    }
    return rows(SEARCH.format(query=BEGUN if last else WHOLE, whole=WHOLE, as_written=AS_WRITTEN), values)


def _total(text: str, number: int, found: list[Any]) -> int:
    """Return how many match, also for a page behind the last one, which has no row to say it."""
    if not found and number > 1:
        found = _found(text, 1, 1) if text else []
    return int(found[0][1]) if found else 0


def _begun_word(text: str) -> str:
    """Return the last word if it may be the beginning of one: not quoted, not excluded."""
    match = LAST_WORD.search(text)
    return match.group() if match and text.count('"') % 2 == 0 else ""


def _result(post: Post, title: str, body: str) -> Result:
    return Result(post=post, title=_marked(title), snippet=_marked(body))


def _marked(text: str) -> SafeString:
    """Escape everything, then let the marks be HTML."""
    markup = escape(text).replace(OPEN, "<mark>").replace(CLOSE, "</mark>")
    return mark_safe(markup)  # noqa: S308 - escaped above
