"""Posts in any number, made of real ones: slices of their text, with invented words so that the vocabulary has a tail."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.html import escape

import app.importer
from bench.search import control
from owed.sql import array, rows, run

PROCESSES = 2
PART = 500
SLICE, SLICES, MANY_SLICES = 400, 4, 16
AUTHORS = 50
INDEXES = ("search_vector", "search_pairs", "search_near")
POST = (
    "id", "title", "slug", "content", "content_html", "excerpt", "status", "author_id", "revision", "published_at",
    "created_at", "updated_at", "last_activity", "view_count", "like_count", "comment_count",
)  # fmt: skip
DOCUMENT = ("post_id", "revision", "title", "body", "published_at", "vector", "pairs", "recipe")


def load(number: int) -> Counter[str]:
    """Fill the tables of both searches with as many posts, and return in how many of them each word is."""
    authors = _authors()
    run(control.TABLE)
    definitions = [rows("SELECT pg_get_indexdef(%s::regclass)", [name])[0][0] for name in INDEXES]
    for name in INDEXES:
        run(f"DROP INDEX {name}")
    connection.close()
    vocabulary: Counter[str] = Counter()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _set_up) as workers:
        for counted in workers.map(_fill, [(first, min(first + PART, number), authors) for first in range(0, number, PART)]):
            vocabulary.update(counted)
    _write_words(vocabulary)
    for definition in (*definitions, control.INDEX):
        run(definition)
    for table in ("search_document", "search_word", "bench_document", "blog_post"):
        run(f"VACUUM ANALYZE {table}")
    return vocabulary


def _set_up() -> None:
    import django

    django.setup()


def _authors() -> list[int]:
    from app.accounts.models import User

    return [User.objects.create_user(f"writer{n}", f"writer{n}@example.org", role="author").pk for n in range(AUTHORS)]


def _fill(part: tuple[int, int, list[int]]) -> Counter[str]:
    from app.search.analysis import RECIPE
    from app.search.documents import read
    from app.search.vocabulary import folded_words

    first, last, authors = part
    ids = list(range(first + 1, last + 1))
    _copy("blog_post", POST, (_post(pk, authors) for pk in ids))
    drafts = read(ids)
    _copy("search_document", DOCUMENT, (
        (each.post_id, each.revision, each.title, each.body, each.published_at, each.vector, array(each.pairs), RECIPE)
        for each in drafts
    ))  # fmt: skip
    control.index(ids)
    counted: Counter[str] = Counter()
    for each in drafts:
        counted.update({folded for word in each.words for folded in folded_words(word, each.language)})
        counted[f"^{each.language}"] += 1
    return counted


def _post(pk: int, authors: list[int]) -> tuple[Any, ...]:
    dice = random.Random(pk)
    title, body = _text(dice)
    at = datetime(2014, 1, 1, tzinfo=UTC) + timedelta(minutes=pk * 37)
    counts = (0, 0, 0)
    return (pk, title[:150], f"post-{pk}", "", body, "", "published", dice.choice(authors), 1, at, at, at, at, *counts)


def _text(dice: random.Random) -> tuple[str, str]:
    texts = sources()
    pieces = []
    for _ in range(MANY_SLICES if dice.random() < 0.05 else SLICES):
        text = dice.choice(texts)
        start = dice.randrange(max(1, len(text) - SLICE))
        pieces.append(text[start : start + SLICE].partition(" ")[2])
    invented = " ".join("".join(dice.choice("aeiou" if n % 2 else "bdfgklmnprstvz") for n in range(8)) for _ in range(3))
    words = " ".join(pieces[0].split()[3:9])
    return words.capitalize(), f"<p>{'</p><p>'.join(map(escape, [*pieces, invented]))}</p>"


@cache
def sources() -> list[str]:
    """Return the texts of the posts that come with the project, and of the corpus where it lies beside it."""
    demo = Path(app.importer.__file__).parent / "demo"
    corpus = Path(__file__).resolve().parents[3] / "shared/corpus/18f/content/posts"
    files = sorted([*demo.rglob("*.md"), *corpus.glob("*.md")])
    texts = [re.sub(r"[\s#*_>`\[\]|]+", " ", file.read_text(encoding="utf-8").rpartition("\n---\n")[2]) for file in files]
    return [text for text in texts if len(text) > 2 * SLICE]


def _write_words(vocabulary: Counter[str]) -> None:
    from app.search.vocabulary import nearby

    run("TRUNCATE search_word")
    _copy("search_word", ("word", "docs", "near"), ((word, docs, nearby(word)) for word, docs in vocabulary.items()))


def _copy(table: str, columns: tuple[str, ...], values: Iterator[tuple[Any, ...]]) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
