"""The index's writing side: many posts in one statement, each as the database has it now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from app.search import vocabulary
from app.search.analysis import RECIPE
from app.search.documents import Draft, read
from app.search.models import Document
from owed.sql import array, hold, run, text_array

if TYPE_CHECKING:
    from app.blog.models import Post

UPSERT = """
WITH gone AS (DELETE FROM search_document WHERE post_id = ANY(%(ids)s) AND post_id <> ALL(%(post_id)s::bigint[]))
INSERT INTO search_document (post_id, revision, title, body, published_at, vector, pairs, recipe)
SELECT post_id, revision, title, body, published_at, vector::tsvector, pairs::int[], %(recipe)s
FROM unnest(%(post_id)s::bigint[], %(revision)s::int[], %(title)s::text[], %(body)s::text[], %(published_at)s::timestamptz[],
            %(vector)s::text[], %(pairs)s::text[]) AS current (post_id, revision, title, body, published_at, vector, pairs)
ON CONFLICT (post_id) DO UPDATE SET revision = excluded.revision, title = excluded.title, body = excluded.body,
    published_at = excluded.published_at, vector = excluded.vector, pairs = excluded.pairs, recipe = excluded.recipe
WHERE search_document.revision < excluded.revision OR %(again)s
"""


def update_search_index_batch(post_ids: Iterable[int], *, again: bool = False) -> int:
    """Bring these posts' documents up to date in one statement; return how many were written.

    Safe to do twice and in any order: it reads what the database says now, removes what is not public, and leaves a
    document of the same revision alone unless `again`.
    """
    ids = sorted(set(post_ids))
    if not ids:
        return 0
    with transaction.atomic():
        _hold(ids)
        drafts = read(ids)
        written = run(UPSERT, {"ids": ids, "again": again, "recipe": RECIPE, **columns(drafts)})
        if written:
            vocabulary.learn(drafts)
        return written


def columns(drafts: list[Draft]) -> dict[str, Any]:
    """Return the values of documents column by column, for unnest()."""
    names, texts = ("post_id", "revision", "published_at"), ("title", "body", "vector")
    return {
        **{name: [getattr(draft, name) for draft in drafts] for name in names},
        **{name: text_array(getattr(draft, name) for draft in drafts) for name in texts},
        "pairs": text_array(array(draft.pairs) for draft in drafts),
    }


def update_search_index(post: Post | int, *, again: bool = False, **kwargs: Any) -> int:
    """Bring one post's document up to date; return whether it was written. Also a signal handler."""
    return update_search_index_batch([post if isinstance(post, int) else post.pk], again=again)


@transaction.atomic
def remove_from_search_index(post: Post | int | Iterable[int], **kwargs: Any) -> int:
    """Remove a post, or the posts with these ids, from the index; return how many were in it.

    A later update asks the database again. Also a signal handler.
    """
    ids = sorted(set(post)) if isinstance(post, Iterable) else [post if isinstance(post, int) else post.pk]
    _hold(ids)
    return Document.objects.filter(post_id__in=ids).delete()[0]


def _hold(ids: Iterable[int]) -> None:
    """Let one writer at a time index each post, so that the last to read is the last to write."""
    hold(*(f"search:{pk}" for pk in ids))
