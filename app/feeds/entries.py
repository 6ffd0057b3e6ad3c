"""A post as feeds show it: absolute addresses, and only what XML can carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from app.blog import picture_markup
from app.blog.absolute_urls import with_absolute_addresses
from app.blog.models import Post
from app.blog.pages import AUTHOR
from app.blog.plain_text import plain_text, sendable
from app.blog.truncation import cut

SUMMARY_LENGTH = 300
SINCE = "2026-01-01"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`id` stays when the site moves: feed readers would take a post with a new one for a new post."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    language: str
    author: str
    author_url: str
    categories: tuple[str, ...]
    image: str
    published: datetime
    updated: datetime


def entries_of(posts: Iterable[Post]) -> list[Entry]:
    """Return the posts as feeds show them. All their pictures are asked for at once."""
    posts = list(posts)
    library = picture_markup.pictures_of(*(post.content_html for post in posts))
    return [_entry(post, library) for post in posts]


def _entry(post: Post, library: picture_markup.Library) -> Entry:
    url = absolute(post.get_absolute_url())
    published = post.published_at or post.created_at
    return Entry(
        id=post.guid or tag_uri(post.created_at.astimezone(UTC).date().isoformat(), f"posts/{post.pk}"),
        url=url,
        title=sendable(post.title),
        summary=sendable(post.excerpt or cut(plain_text(post.content_html), SUMMARY_LENGTH)),
        html=sendable(with_absolute_addresses(picture_markup.elsewhere(post.content_html, library), url)),
        language=post.language,
        author=sendable(post.author.profile.name),
        author_url=absolute(AUTHOR.url(post.author.username)),
        categories=_categories(post),
        image=absolute(post.cover.plain.url) if post.cover else "",
        published=published,
        updated=max(published, post.updated_at),
    )


def _categories(post: Post) -> tuple[str, ...]:
    names = [post.category.name] if post.category else []
    names += sorted(tag.name for tag in post.tags.all())
    return tuple(dict.fromkeys(map(sendable, names)))


def absolute(path: str) -> str:
    return urljoin(settings.SITE_URL, path)


def tag_uri(date: str, name: str) -> str:
    """Return an id with today's host in it (RFC 4151). Store it: another day the site may have another one."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{date}:{name}"
