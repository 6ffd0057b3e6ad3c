"""Placements: which lists, feeds and pages show a post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.blog.status import OUT, Status
from owed.sql import rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from app.blog.models import Post

COLUMNS = """
id, author_id, category_id, ARRAY(SELECT tag_id FROM blog_post_tags WHERE post_id = blog_post.id ORDER BY tag_id), slug,
ARRAY(SELECT media_id FROM blog_post_media WHERE post_id = blog_post.id
      UNION SELECT cover_id WHERE cover_id IS NOT NULL ORDER BY 1), status, revision
"""
SELECT = f"SELECT {COLUMNS} FROM blog_post WHERE id = ANY(%s)"  # noqa: S608 - constants of this file
MOVE = f"""
UPDATE blog_post SET {{how}} WHERE id = %(id)s AND {{expected}}
RETURNING {COLUMNS}, publish_at, published_at, last_activity, clock_timestamp()
"""  # noqa: S608 - constants of this file
MOVE_EACH = f"""
UPDATE blog_post SET {{how}} FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS wanted (wanted_id, at)
WHERE id = wanted_id AND {{expected}} RETURNING {COLUMNS}, publish_at, published_at, last_activity, clock_timestamp()
"""  # noqa: S608 - constants of this file
LOCK = "SELECT 1 FROM blog_post WHERE id = %s FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Placement:
    """A post's columns that decide where it is shown, before or after a change. Durable handlers get it as JSON."""

    post_id: int
    author_id: int
    category_id: int | None
    tag_ids: tuple[int, ...]
    slug: str
    media_ids: tuple[int, ...]
    status: str
    revision: int

    @property
    def is_public(self) -> bool:
        return self.status == Status.PUBLISHED

    @property
    def is_out(self) -> bool:
        """Return whether it may be emailed."""
        return self.status in OUT

    def feeds(self) -> set[str]:
        """Return the scopes of the feeds and lists that show the post; none while it is not public."""
        return self.lists() if self.is_public else set()

    def lists(self) -> set[str]:
        """Return the scopes of the feeds and lists that show the post when it is public."""
        return self.scopes() - {f"post:{self.post_id}"}

    def scopes(self) -> set[str]:
        """Return the names of the versions of all that shows the post."""
        scopes = {"site", f"post:{self.post_id}", f"author:{self.author_id}"}
        if self.category_id is not None:
            scopes.add(f"category:{self.category_id}")
        return scopes | {f"tag:{tag_id}" for tag_id in self.tag_ids}


@dataclass(frozen=True)
class Moved:
    """What a verb made of a post, its times, and when that was, by the clock of the database."""

    placement: Placement
    publish_at: datetime | None
    published_at: datetime | None
    last_activity: datetime | None
    at: datetime


def move(post_id: int, how: str, expected: str, **values: Any) -> Moved | None:
    """Change the post by one guarded UPDATE. Return what became of it, None where it was not as expected.

    `how` and `expected` are SQL of the caller's own; `values` are what they name.
    """
    statement = MOVE.format(how=how, expected=expected)
    moved = rows(statement, {"id": post_id, **values})
    return _moved(moved[0]) if moved else None


def move_each(times: Mapping[int, datetime], how: str, expected: str) -> dict[int, Moved]:
    """Change posts by one guarded UPDATE; `wanted.at` in it is the time of each. Return by id those that were as expected."""
    statement = MOVE_EACH.format(how=how, expected=expected)
    moved = [_moved(row) for row in rows(statement, {"ids": list(times), "times": list(times.values())})]
    return {each.placement.post_id: each for each in moved}


def placement_of(post_id: int) -> Placement | None:
    """Return the post's placement as it is now, or None when the post does not exist."""
    return placements_of([post_id]).get(post_id)


def placements_of(post_ids: Iterable[int]) -> dict[int, Placement]:
    """Return the placements of the posts by id, in one query."""
    return {row[0]: _placement(row) for row in rows(SELECT, [list(post_ids)])}


def _moved(row: Sequence[Any]) -> Moved:
    return Moved(_placement(row[:8]), *row[8:])


def _placement(row: Sequence[Any]) -> Placement:
    return Placement(*map(_frozen, row))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def locked(post_id: int) -> Placement | None:
    """Lock the post until the transaction ends, and return its placement."""
    rows(LOCK, [post_id])
    return placement_of(post_id)


def lock(posts: QuerySet[Post], *, to_delete: bool = False) -> list[int]:
    """Lock the posts in order of id. New rows that refer to them are held up only if the posts are to go."""
    return list(posts.order_by("pk").select_for_update(no_key=not to_delete).values_list("pk", flat=True))
