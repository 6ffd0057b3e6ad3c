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
from typing import Any

from django.db import connection, transaction

from app.blog import counters, versions


@dataclass
class Change:
    """What moves beside the rows of a verb."""

    posts: Counter[int] = field(default_factory=Counter)
    published: Counter[int] = field(default_factory=Counter)
    scopes: set[str] = field(default_factory=set)
    parts: list[tuple[Any, Change]] = field(default_factory=list)

    def count(self, author_id: int, *, posts: int = 0, published: int = 0) -> None:
        """Move an author's numbers of posts and of published posts."""
        self.posts[author_id] += posts
        self.published[author_id] += published

    def touch(self, *scopes: str) -> None:
        """Name what looks different from now on."""
        self.scopes.update(scopes)

    def adopt(self, part: Change) -> None:
        """Take over a smaller change, unless its savepoint is rolled back before the end."""

        def marker() -> None: ...

        transaction.on_commit(marker)
        self.parts.append((marker, part))

    def apply(self) -> None:
        """Write it: profiles first, then versions, each in order."""
        standing = {hook[1] for hook in connection.run_on_commit}
        for marker, part in self.parts:
            if marker in standing:
                self._merge(part)
        counters.move(self.posts, self.published)
        versions.bump(*self.scopes)

    def _merge(self, part: Change) -> None:
        self.posts.update(part.posts)
        self.published.update(part.published)
        self.scopes |= part.scopes
        self.parts += part.parts


_current: ContextVar[Change | None] = ContextVar("blog_change", default=None)


@contextmanager
def change() -> Iterator[Change]:
    """Open a transaction, or a savepoint of the one around it, for one change."""
    outer, mine = _current.get(), Change()
    token = _current.set(mine)
    try:
        with transaction.atomic():
            yield mine
            if outer is None:
                mine.apply()
            else:
                outer.adopt(mine)
    finally:
        _current.reset(token)
