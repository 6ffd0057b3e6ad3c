"""Counters stored beside the rows they count: moved by one statement, and recounted where they drifted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from app.accounts.models import create_user_profile
from owed.sql import rows, run

CHUNK = 500
LOCK_PROFILES = "SELECT 1 FROM accounts_profile WHERE user_id = ANY(%s) ORDER BY user_id FOR NO KEY UPDATE"
# The floor keeps a deletion possible where rows were made behind our back; repair_counters then finds the drift.
MOVE = """
UPDATE accounts_profile
SET post_count = GREATEST(post_count + moved.posts, 0),
    published_post_count = GREATEST(published_post_count + moved.published, 0)
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS moved (user_id, posts, published)
WHERE accounts_profile.user_id = moved.user_id
RETURNING accounts_profile.user_id
"""
COUNT_POSTS = """
SELECT id, like_count, comment_count,
       (SELECT count(*) FROM blog_like WHERE post_id = blog_post.id),
       (SELECT count(*) FROM blog_comment WHERE post_id = blog_post.id AND status = 'approved')
FROM blog_post WHERE {where} ORDER BY id
"""
COUNT_AUTHORS = """
SELECT accounts_user.id, post_count, published_post_count,
       (SELECT count(*) FROM blog_post WHERE author_id = accounts_user.id),
       (SELECT count(*) FROM blog_post WHERE author_id = accounts_user.id AND status = 'published')
FROM accounts_user LEFT JOIN accounts_profile ON accounts_profile.user_id = accounts_user.id
WHERE {where} ORDER BY accounts_user.id
"""
LOCK_POSTS = "SELECT 1 FROM blog_post WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
SET_POST = "UPDATE blog_post SET like_count = %s, comment_count = %s WHERE id = %s"
SET_AUTHOR = "UPDATE accounts_profile SET post_count = %s, published_post_count = %s WHERE user_id = %s"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A row whose two counts have drifted. `stored` holds None where the profile is missing."""

    subject: str
    pk: int
    stored: tuple[int | None, int | None]
    actual: tuple[int, int]


def move(posts: Counter[int], published: Counter[int]) -> None:
    """Move the authors' counts, in one statement. A missing profile is made where there is something to count."""
    authors = sorted(pk for pk in posts.keys() | published.keys() if posts[pk] or published[pk])
    if not authors:
        return
    # One row is locked by its UPDATE; several in the order of their ids, so that two changes cannot deadlock.
    if len(authors) > 1:
        rows(LOCK_PROFILES, [authors])
    moved = rows(MOVE, [authors, [posts[pk] for pk in authors], [published[pk] for pk in authors]])
    counted = {author for (author,) in moved}
    for author in authors:
        if author not in counted and (posts[author] > 0 or published[author] > 0):
            _repair_author(author)


def drift() -> list[Drift]:
    """Find the rows that have drifted, without locking any. A row that is being changed may show up by mistake."""
    found: list[Drift] = []
    for subject, query in (("post", COUNT_POSTS), ("author", COUNT_AUTHORS)):
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(query.format(where="true"))
            while counts := cursor.fetchmany(CHUNK):
                found += _wrong(subject, counts)
    return found


def repair(found: Iterable[Drift]) -> list[Drift]:
    """Recount these rows, each under its lock, and set what is wrong. Return what was really wrong."""
    repaired: list[Drift] = []
    for each in found:
        repaired += _repair_post(each.pk) if each.subject == "post" else _repair_author(each.pk)
    return repaired


def _repair_post(pk: int) -> list[Drift]:
    return _recount("post", pk, LOCK_POSTS, COUNT_POSTS.format(where="id = %s"), SET_POST)


@transaction.atomic
def _repair_author(pk: int) -> list[Drift]:
    create_user_profile(pk)
    return _recount("author", pk, LOCK_PROFILES, COUNT_AUTHORS.format(where="accounts_user.id = %s"), SET_AUTHOR)


@transaction.atomic
def _recount(subject: str, pk: int, lock: str, count: str, write: str) -> list[Drift]:
    rows(lock, [[pk]])
    wrong = list(_wrong(subject, rows(count, [pk])))
    for each in wrong:
        run(write, [*each.actual, each.pk])
    return wrong


def _wrong(subject: str, counts: Iterable[tuple[int, int | None, int | None, int, int]]) -> Iterator[Drift]:
    for pk, *stored, first, second in counts:
        if stored != [first, second]:
            yield Drift(subject=subject, pk=pk, stored=(stored[0], stored[1]), actual=(first, second))
