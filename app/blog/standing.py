"""Where a post stands: what lists, feeds and pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

if TYPE_CHECKING:
    from app.blog.models import Post


@dataclass(frozen=True, kw_only=True)
class PostBefore:
    """What a post was in the database before a change, or is now."""

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
        return self.status == "published"

    def feeds(self) -> set[str]:
        """Return the scopes of the feeds and lists that show the post; none while it is not public."""
        return self.scopes() - {f"post:{self.post_id}"} if self.is_public else set()

    def scopes(self) -> set[str]:
        """Return the names of the versions of all that shows the post."""
        scopes = {"site", f"post:{self.post_id}", f"author:{self.author_id}"}
        if self.category_id is not None:
            scopes.add(f"category:{self.category_id}")
        return scopes | {f"tag:{tag_id}" for tag_id in self.tag_ids}


def standing(post_id: int) -> PostBefore | None:
    """Return where the post stands by now, or None when it does not exist."""
    return standings(_posts().filter(pk=post_id)).get(post_id)


def locked(post_id: int) -> PostBefore | None:
    """Lock the post until the transaction ends, and return where it stands."""
    found = lock(_posts().filter(pk=post_id))
    return standing(post_id) if found else None


def lock(posts: QuerySet[Post], *, to_delete: bool = False) -> list[int]:
    """Lock the posts in order of id. New rows that refer to them are held up only if the posts are to go."""
    return list(posts.order_by("pk").select_for_update(no_key=not to_delete).values_list("pk", flat=True))


def standings(posts: QuerySet[Post]) -> dict[int, PostBefore]:
    """Return where each of the posts stands, in one query."""
    rows = posts.annotate(
        _tags=ArraySubquery(_linked("tags", "tag_id")),
        _media=ArraySubquery(_linked("media", "media_id")),
    ).values_list("pk", "author_id", "category_id", "slug", "status", "revision", "cover_id", "_tags", "_media")
    return {row[0]: _standing(*row) for row in rows}


def _standing(
    pk: int,
    author: int,
    category: int | None,
    slug: str,
    status: str,
    revision: int,
    cover: int | None,
    tags: list[int],
    media: list[int],
) -> PostBefore:
    files = {*media, cover} - {None}
    return PostBefore(
        post_id=pk,
        author_id=author,
        category_id=category,
        tag_ids=tuple(sorted(tags)),
        slug=slug,
        media_ids=tuple(sorted(pk for pk in files if pk is not None)),
        status=status,
        revision=revision,
    )


def _posts() -> QuerySet[Post]:
    posts: QuerySet[Post] = apps.get_model("blog", "Post")._default_manager.all()
    return posts


def _linked(field: str, column: str) -> QuerySet[Post]:
    through = getattr(apps.get_model("blog", "Post"), field).through
    links: QuerySet[Post] = through.objects.filter(post_id=OuterRef("pk")).values(column)
    return links
