"""One change: its rows, and at its end, in sorted order, the counts and versions that move with them.

Every verb opens one. Open one around several verbs where they belong together: the rows that many changes share (profiles,
versions) are then locked once, last and in order, so that two changes at once neither wait long nor for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from app.blog import counters, versions


@dataclass
class Change:
    """What moves beside the rows of a verb. Called with each statement: what a savepoint takes back, moves nothing."""

    counts: list[tuple[int, int, int]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)

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

    def __call__(self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        done = execute(statement, params, many, context)
        if isinstance(statement, str):
            self._follow(statement)
        return done

    def _follow(self, statement: str) -> None:
        # A rolled-back savepoint shows only in its SQL: Django's own list of hooks (run_on_commit) is private.
        begun, _, name = statement.partition("SAVEPOINT ")
        if begun == "":
            self.marks[name] = len(self.counts), len(self.scopes)
        elif begun == "ROLLBACK TO ":
            counts, scopes = self.marks.get(name, (0, 0))
            del self.counts[counts:], self.scopes[scopes:]


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
            with connection.execute_wrapper(mine):
                yield mine
            mine.apply()
    finally:
        _current.reset(token)
