"""A post as feeds show it: absolute addresses, and only what XML can carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.html import escape
from django.utils.text import Truncator

from app.blog.markdown import plain
from app.blog.models import Post
from app.blog.pages import AUTHOR

SUMMARY_LENGTH = 300
SINCE = "2026-01-01"
# XML 1.0 forbids these even as references: one in a title would make the whole feed unreadable.
UNSENDABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
TAG = re.compile(r"""<[a-zA-Z](?:"[^"]*"|[^">])*>""")
ADDRESS = re.compile(r'(\s(?:href|src|cite|poster)=")([^"]*)(")')


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`id` stays when the site moves: feed readers would take a post with a new one for a new post."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    author: str
    author_url: str
    categories: tuple[str, ...]
    image: str
    published: datetime
    updated: datetime


def entry(post: Post) -> Entry:
    url = absolute(post.get_absolute_url())
    published = post.published_at or post.created_at
    return Entry(
        id=post.guid or tag_uri(post.created_at.astimezone(UTC).date().isoformat(), f"posts/{post.pk}"),
        url=url,
        title=sendable(post.title),
        summary=sendable(post.excerpt or Truncator(plain(post.content_html)).chars(SUMMARY_LENGTH)),
        html=sendable(with_absolute_addresses(post.content_html, url)),
        author=sendable(post.author.profile.name),
        author_url=absolute(AUTHOR.url(post.author.username)),
        categories=_categories(post),
        image=absolute(post.cover.file.url) if post.cover else "",
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


def sendable(text: str) -> str:
    """Take out control characters, surrogates and non-characters."""
    return UNSENDABLE.sub("", text)


def with_absolute_addresses(markup: str, base: str) -> str:
    """Make each address in sanitised HTML, which quotes every attribute, absolute."""

    def join(match: re.Match[str]) -> str:
        return f"{match[1]}{_joined(base, match[2])}{match[3]}"

    return TAG.sub(lambda tag: ADDRESS.sub(join, tag[0]), markup)


def _joined(base: str, address: str) -> str:
    try:
        return escape(urljoin(base, address.replace("&amp;", "&")))
    except ValueError:
        return address
