"""What the index holds of a post: its words by weight, what it is filtered by, and which words are neighbours."""

from __future__ import annotations

import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zlib import crc32

from app.search.analysis import base, is_stop, places, words
from app.search.folding import fold
from app.site.current import site
from owed.sql import rows

HTML_LIMIT = 1_000_000
ABOUT_LIMIT = 20_000
BODY_LIMIT = 150_000  # characters
BYTES_LIMIT = 800_000  # a tsvector holds 1 MB
POSITION_LIMIT, POSITIONS_LIMIT = 16_383, 255  # of a tsvector, and of each lexeme in it
STRONGEST = 12
GAP = 20  # positions between title, summary and text: a phrase does not go from one to the other
REACH = 4  # positions: with stop words between them, words are still neighbours
PAIR_BITS = 0x3FFFFF

POSTS = """
SELECT post.id, post.revision, post.published_at, post.author_id, post.language, post.title, post.excerpt,
       coalesce(category.name, ''), left(post.content_html, %(limit)s), coalesce((
           SELECT json_object_agg(tag.id, tag.name ORDER BY tag.id)::text FROM blog_tag tag
           JOIN blog_post_tags filed ON filed.tag_id = tag.id WHERE filed.post_id = post.id
       ), '{}')
FROM blog_post post LEFT JOIN blog_category category ON category.id = post.category_id
WHERE post.id = ANY(%(ids)s) AND post.status = 'published'
ORDER BY post.id
"""
# Sanitised HTML quotes every attribute, so that a tag ends at the first > outside quotes. Tags within words leave no gap.
INLINE = "a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup"
WITHIN = re.compile(f"""</?(?:{INLINE})(?:\\s(?:"[^"]*"|[^">])*)?>""")
TAGS = re.compile("""<[a-zA-Z/!](?:"[^"]*"|[^">])*>?""")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document that is about to be written."""

    post_id: int
    revision: int
    title: str
    body: str
    published_at: datetime
    vector: str
    pairs: list[int]
    words: frozenset[str]
    """Every word of it, as written: the vocabulary folds and counts them."""
    language: str


def read(ids: Iterable[int]) -> list[Draft]:
    """Return the documents of those of these posts that are public, as the database has them now."""
    found = rows(POSTS, {"ids": list(ids), "limit": HTML_LIMIT})
    default = site().language
    return [_draft(*row, default=default) for row in found]


def plain(markup: str) -> str:
    """Return the text of sanitised HTML on one line."""
    return " ".join(html.unescape(TAGS.sub(" ", WITHIN.sub("", markup))).split())


def hashed_pair(first: str, second: str, distance: int) -> int:
    """Return a number for two neighbouring words. Different pairs may have the same: what is found by it is looked at."""
    return crc32(f"{first} {second} {distance}".encode()) & PAIR_BITS


def _draft(
    pk: int, revision: int, published_at: datetime, author_id: int, language: str, title: str, excerpt: str, category: str,
    markup: str, tags: str, *, default: str,
) -> Draft:  # fmt: skip
    tagged: dict[str, str] = json.loads(tags)
    language = base(language or default)
    about = " ".join(filter(None, [excerpt, category, *tagged.values()]))[:ABOUT_LIMIT]
    body = plain(markup)[:BODY_LIMIT]
    text = _Text(language)
    text.add(title, "A")
    text.add(about, "B")
    text.add(body, "")
    text.mark("=", text.titled)
    # "All of It" has no other word than these, and is asked for by them alone.
    text.mark("%", {fold(word) for word in words(title) if is_stop(word, language)})
    text.mark("!", {*text.titled, *text.strongest()})
    text.mark("", [f"@{author_id}", f"^{language}", *(f"#{key}" for key in tagged)])
    return Draft(
        post_id=pk, revision=revision, title=title, body=body, published_at=published_at, vector=text.vector(),
        pairs=sorted(text.pairs), words=frozenset(text.seen), language=language,
    )  # fmt: skip


class _Text:
    """The lexemes of one document, collected part by part."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.at: dict[str, list[str]] = defaultdict(list)
        self.pairs: set[int] = set()
        self.seen: set[str] = set()
        self.titled: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.position = 0
        self.marks: list[str] = []

    def add(self, text: str, weight: str) -> None:
        """Add the words of a text with a weight: A for a title, B for a summary, none for the rest."""
        written = words(text)
        self.seen.update(written)
        language, at, pairs, position = self.language, self.at, self.pairs, self.position
        before, before_at = "", 0
        for word in written:
            for lexemes in places(word, language):
                position += 1
                if not lexemes:
                    continue
                if position <= POSITION_LIMIT:
                    for lexeme in lexemes:
                        at[lexeme].append(f"{position}{weight}")
                else:
                    for lexeme in lexemes:
                        at[lexeme]  # found, though without a place
                main = lexemes[0]
                if before and position - before_at <= REACH:
                    pairs.add(crc32(f"{before} {main} {position - before_at}".encode()) & PAIR_BITS)
                before, before_at = main, position
        if weight == "A":
            self.titled.update(at)
        self.position = position + GAP

    def strongest(self) -> list[str]:
        """Return the lexemes that occur most often, the earlier first of those that occur equally often."""
        return sorted(self.at, key=lambda lexeme: -len(self.at[lexeme]))[:STRONGEST]

    def mark(self, sign: str, lexemes: Iterable[str]) -> None:
        """Add lexemes without a place, under a sign that no word begins with."""
        self.marks += [f"{sign}{lexeme}" for lexeme in sorted(lexemes)]

    def vector(self) -> str:
        """Return the document as PostgreSQL reads it, for `::tsvector`."""
        parts = [quoted(lexeme) for lexeme in self.marks]
        room = BYTES_LIMIT - sum(map(len, parts))
        for lexeme, taken in self.at.items():
            found = taken if len(taken) <= POSITIONS_LIMIT else list(islice(taken, POSITIONS_LIMIT))
            room -= 3 * len(lexeme) + 2 * len(found) + 4
            if room < 0:
                break
            parts.append(f"{quoted(lexeme)}:{','.join(found)}" if found else quoted(lexeme))
        return " ".join(parts)


def quoted(lexeme: str) -> str:
    """Return a lexeme as it is written in a tsvector or tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
