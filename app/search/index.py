"""The index's writing side: many posts in one statement, each as the database has it now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from app.search.folding import folded
from app.search.models import Document
from owed.sql import hold, run

if TYPE_CHECKING:
    from app.blog.models import Post

HTML_LIMIT = 1_000_000
BODY_LIMIT = 150_000  # characters; a tsvector holds 1 MB
ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "''"), ("&amp;", "&"))


def _unescaped(text: str) -> str:
    for entity, character in ENTITIES:
        text = f"replace({text}, '{entity}', '{character}')"
    return text


# Sanitised HTML quotes every attribute, so that a tag ends at the first > outside quotes. Tags within words leave no gap.
INLINE = "a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup"
WITHIN = f"""'</?(?:{INLINE})(?:\\s(?:"[^"]*"|[^">])*)?>'"""
TAGS = """'<[a-zA-Z/!](?:"[^"]*"|[^">])*>?'"""
HTML = f"regexp_replace(left(content_html, {HTML_LIMIT}), {WITHIN}, '', 'g')"
PLAIN = _unescaped(f"regexp_replace({HTML}, {TAGS}, ' ', 'g')")
# The marks of snippets are taken out.
WORDS = f"""
SELECT post.id AS post_id, post.revision, post.published_at, translate(post.title, U&'\\E000\\E001', '') AS title,
       concat_ws(' ', post.excerpt, category.name, (
           SELECT string_agg(tag.name, ' ' ORDER BY tag.id) FROM blog_tag tag
           JOIN blog_post_tags filed ON filed.tag_id = tag.id WHERE filed.post_id = post.id
       )) AS about,
       left(translate(regexp_replace({PLAIN}, '\\s+', ' ', 'g'), U&'\\E000\\E001', ''), {BODY_LIMIT}) AS body
FROM blog_post post LEFT JOIN blog_category category ON category.id = post.category_id
WHERE post.id = ANY(%(ids)s) AND post.status = 'published'
"""  # noqa: S608 - constants
TITLE, ABOUT, BODY = folded("title"), folded("left(about, 20000)"), folded("body")
DOCUMENTS = f"""
SELECT post_id, revision, title, body, published_at,
       setweight(to_tsvector('english', {TITLE}) || to_tsvector('simple', {TITLE}), 'A')
       || setweight(to_tsvector('english', {ABOUT}), 'B') || setweight(to_tsvector('english', {BODY}), 'D') AS vector
FROM ({WORDS}) AS words
"""  # noqa: S608 - constants
UPSERT = f"""
WITH gone AS (
    DELETE FROM search_document WHERE post_id = ANY(%(ids)s)
    AND post_id NOT IN (SELECT id FROM blog_post WHERE id = ANY(%(ids)s) AND status = 'published')
)
INSERT INTO search_document (post_id, revision, title, body, published_at, vector)
SELECT post_id, revision, title, body, published_at, vector FROM ({DOCUMENTS}) AS current
ON CONFLICT (post_id) DO UPDATE SET revision = excluded.revision, title = excluded.title, body = excluded.body,
    published_at = excluded.published_at, vector = excluded.vector
WHERE search_document.revision < excluded.revision OR %(again)s
"""  # noqa: S608 - constants


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
        return run(UPSERT, {"ids": ids, "again": again})


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
