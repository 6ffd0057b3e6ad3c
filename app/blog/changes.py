"""One change: its rows, and at its end, in sorted order, the counts and versions that move with them.

Every verb opens one. Open one around several verbs where they belong together: the rows that many changes share (profiles,
versions) are then locked once, last and in order, so that two changes at once neither wait long nor for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, transaction

from app.blog import counters, versions
from owed.savepoints import Savepoints


@dataclass
class Change:
    """What moves beside the rows of a verb. What a savepoint takes back moves nothing."""

    counts: list[tuple[int, int, int]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    def count(self, author_id: int, *, posts: int = 0, published: int = 0) -> None:
        """Move an author's numbers of posts and of published posts."""
        self.counts.append((author_id, posts, published))

    def touch(self, *scopes: str) -> None:
        """Name what looks different from now on."""
        self.scopes += scopes

    def apply(self) -> None:
        """Write it: profiles first, then versions, each in order."""
        posts, published = Counter[int](), Counter[int]()
        for author_id, of_all, of_published in self.counts:
            posts[author_id] += of_all
            published[author_id] += of_published
        counters.move(posts, published)
        versions.bump(*self.scopes)


_current: ContextVar[Change | None] = ContextVar("blog_change", default=None)


@contextmanager
def change() -> Iterator[Change]:
    """Open a transaction, or a savepoint of the one around it, for one change. Inside another one, join it."""
    if (outer := _current.get()) is not None:
        with transaction.atomic():
            yield outer
        return
    mine = Change()
    token = _current.set(mine)
    try:
        with transaction.atomic():
            with connection.execute_wrapper(Savepoints(mine.counts, mine.scopes)):
                yield mine
            mine.apply()
    finally:
        _current.reset(token)
