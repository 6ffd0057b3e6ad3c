"""A post as a file of Markdown with a header, under names that Hugo and others know; and its comments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from django.conf import settings
from django.db.models import Prefetch

from app.blog.models import Comment, Post, Redirect
from app.blog.models.slug import PostSlug
from app.site.current import site

PAGE = 100


def posts() -> Iterator[Post]:
    """Yield every post with what its file says, a page of them in memory at a time."""
    found = Post.objects.select_related("author__profile", "category", "cover").prefetch_related(
        "tags",
        Prefetch("redirects", Redirect.objects.order_by("pk")),
        Prefetch("comments", Comment.objects.select_related("author__profile").order_by("created_at", "pk")),
    )
    last = 0
    while page := list(found.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield from page
        last = page[-1].pk


def name_of(post: Post) -> str:
    """Return the post's file."""
    return f"posts/{post.slug}.md"


def markdown(post: Post) -> str:
    """Return the post as text: its header between lines of dashes, then what its writer wrote."""
    header = yaml.safe_dump(_header(post), allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{header}---\n{post.content}"


def _header(post: Post) -> dict[str, Any]:
    """Return what is known of the post, without what is empty."""
    facts = {
        "title": post.title,
        "slug": post.slug,
        "date": _moment(post.published_at),
        "publishDate": _moment(post.publish_at),
        "created": _moment(post.created_at),
        "lastmod": _moment(post.updated_at),
        "draft": None if post.is_public else True,
        "status": post.status,
        "email_only": None if post.on_site else True,
        "authors": [post.author.username],
        "author_name": post.author.profile.display_name,
        "categories": [post.category.name] if post.category else [],
        "tags": [tag.name for tag in post.tags.all()],
        "language": post.language,
        "summary": post.excerpt,
        "cover": post.cover.url if post.cover else "",
        "cover_alt": post.cover.alt if post.cover else "",
        "aliases": _aliases(post),
        "guid": post.guid,
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def _aliases(post: Post) -> list[str]:
    """Return the addresses that lead to the post besides its own."""
    slugs = PostSlug.objects.filter(post=post).exclude(slug=post.slug).order_by("pk").values_list("slug", flat=True)
    return [*(f"/posts/{slug}/" for slug in slugs), *(f"/{each.path}" for each in post.redirects.all())]


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None


def comments(post: Post) -> str:
    """Return the post's comments as JSON, a line for each, the oldest first. Addresses of guests are in it."""
    return "".join(json.dumps(_comment(each), ensure_ascii=False) + "\n" for each in post.comments.all())


def _comment(comment: Comment) -> dict[str, Any]:
    author = comment.author
    return {
        "id": comment.pk,
        "parent": comment.parent_id,
        "name": author.profile.name if author else comment.guest_name,
        "username": author.username if author else "",
        "email": author.email if author else comment.guest_email,
        "status": comment.status,
        "created": comment.created_at.isoformat(),
        "content": comment.content,
    }


def site_facts() -> dict[str, Any]:
    """Return the address and the name of the site, by which a reader of the archive recognises it."""
    return {"url": settings.SITE_URL, "name": site().name, "language": site().language or settings.LANGUAGE_CODE}
