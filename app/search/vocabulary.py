"""The words that documents have: learnt as they are written, counted again at night, looked up by readers' queries."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from app.search.analysis import PARTS, STEMMERS, is_stop, is_unspaced, places
from app.search.candidates import careful
from app.search.documents import Draft, quoted
from app.search.folding import fold
from owed.sql import array, rows, run, text_array

SHORTEST, LONGEST = 3, 30
EXACT = 16
"""To this count each document is counted; then by chance, in steps of a sixteenth: frequent words are rarely written."""

KNOWN = "SELECT word, docs FROM search_word WHERE word = ANY(%s::text[])"
# In one order everywhere, so that two who learn the same words never deadlock.
LEARN = """
INSERT INTO search_word (word, docs, near)
SELECT word, docs, near::int[] FROM unnest(%s::text[], %s::int[], %s::text[]) AS seen (word, docs, near)
ORDER BY word COLLATE "C"
ON CONFLICT (word) DO UPDATE SET docs = search_word.docs + excluded.docs
"""

COUNTED = 1_000
PART_SIZE = 500
PART = "SELECT word, docs FROM search_word WHERE word > %s ORDER BY word LIMIT %s"
COUNT = """
SELECT word, (SELECT count(*) FROM (SELECT FROM search_document WHERE vector @@ query::tsquery LIMIT %s) AS found)
FROM unnest(%s::text[], %s::text[]) AS asked (word, query)
"""
REMOVE = """
DELETE FROM search_word USING unnest(%s::text[], %s::int[]) AS gone (word, docs)
WHERE search_word.word = gone.word AND search_word.docs = gone.docs
"""
SET = """
UPDATE search_word SET docs = counted.docs FROM unnest(%s::text[], %s::int[], %s::int[]) AS counted (word, before, docs)
WHERE search_word.word = counted.word AND search_word.docs = counted.before
"""


def learn(drafts: Iterable[Draft]) -> None:
    """Add the words of these documents to the vocabulary."""
    seen: Counter[str] = Counter()
    for draft in drafts:
        language = draft.language
        seen.update({each for word in draft.words for each in folded_words(word, language)})
        seen[f"^{draft.language}"] += 1
    known: dict[str, int] = dict(rows(KNOWN, [text_array(seen)]))
    learnt = {word: more for word, count in seen.items() if (more := _more(known.get(word, 0), count))}
    if learnt:
        run(LEARN, [text_array(learnt), array(learnt.values()), text_array(map(nearby, learnt))])


def _more(docs: int, seen: int) -> int:
    """Return by how much a word's count grows: by one for each document, or rarely and by as much on average."""
    step = max(1, docs // EXACT)
    whole, rest = divmod(seen, step)
    return step * (whole + (random.random() * step < rest))  # noqa: S311 - an estimate


def recount() -> int:
    """Count each word's documents again, to a thousand, and remove the words that none has. Return how many went.

    A word that is learnt meanwhile has another count than the one that was read, and is left as it is.
    """
    gone, after = 0, ""
    languages = [word[1:] for (word,) in rows("SELECT word FROM search_word WHERE word >= '^' AND word < '_'")]
    while part := rows(PART, [after, PART_SIZE]):
        after = part[-1][0]
        counted = _counted([(word, query) for word, _ in part if (query := _query(word, languages))])
        gone += _run(REMOVE, [(word, docs) for word, docs in part if not counted.get(word)])
        _run(
            SET, [(word, docs, now) for word, docs in part if (now := counted.get(word, 0)) not in (0, docs) and now <= COUNTED]
        )
    return gone


def _run(statement: str, changes: list[tuple[str | int, ...]]) -> int:
    return run(statement, [list(column) for column in zip(*changes, strict=True)]) if changes else 0


def _counted(words: list[tuple[str, str]]) -> dict[str, int]:
    with careful():
        return dict(rows(COUNT, [COUNTED + 1, [word for word, _ in words], [query for _, query in words]]))


def _query(word: str, languages: list[str]) -> str:
    """Return the query for the documents that have the word, in whatever language; empty for a stop word of all."""
    if word.startswith("^"):
        return quoted(word)
    found = {lexeme for language in languages if language in STEMMERS for each in places(word, language) for lexeme in each}
    return " | ".join(map(quoted, sorted(found)))


@lru_cache(maxsize=60_000)
def folded_words(word: str, language: str) -> tuple[str, ...]:
    """Return what the vocabulary keeps of a written word. Numbers and scripts without spaces need no completion."""
    parts = [fold(part) for part in PARTS.findall(word) if not is_unspaced(part) and not is_stop(part, language)]
    return tuple(part for part in parts if SHORTEST <= len(part) <= LONGEST and not part.isdigit())


@lru_cache(maxsize=60_000)
def nearby(word: str) -> str:
    """Return the numbers by which a misspelt word finds this one, as an array."""
    return array([hashed(word)] if word.startswith("^") else sorted({hashed(each) for each in (word, *_less_one(word))}))


def nearby_misspelt(word: str) -> set[int]:
    """Return the numbers of words that may be meant: one letter less, of a long word two."""
    less = {word, *_less_one(word)}
    if len(word) >= 8:
        less |= {shorter for each in tuple(less) for shorter in _less_one(each)}
    return {hashed(each) for each in less}


def hashed(word: str) -> int:
    return crc32(word.encode()) - 2**31


def _less_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}
