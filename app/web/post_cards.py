"""A post as lists show it: plain values, fit for the cache."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse

from app.blog import versions
from app.blog.models import Category, Post, Status
from app.blog.picture_markup import shown
from app.blog.plain_text import beginning, plain_text
from app.blog.truncation import shortened
from app.pagecache.pages import cached
from app.stats.trending import trending

SECTIONS = 9
ECHO = 30
FEATURED = 3
PARAGRAPHS = re.compile(r"(?:<p>.*?</p>\s*)+", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Card:
    title: str
    url: str
    excerpt: str
    author: str
    author_url: str
    published_at: datetime
    category: str = ""
    category_url: str = ""
    cover: dict[str, Any] | None = None
    """The fields of Shown, as plain values: processes of another release read the cache too."""
    snippet: str = ""
    opening: str = ""

    @property
    def echoes(self) -> bool:
        """Say whether the excerpt is how the text begins."""
        return self.opening[:ECHO].casefold() == self.excerpt[:ECHO].casefold()


@dataclass(frozen=True, kw_only=True)
class Section:
    name: str
    url: str


def sections() -> tuple[Section, ...]:
    """Return the categories with most public posts, by name."""
    return cached("recent_posts", "site", "sections", _read_sections)


def featured() -> tuple[Card, ...]:
    """Return the newest posts that were marked as featured."""
    return cached("recent_posts", "site", "featured", _read_featured)


def read_now() -> tuple[Card, ...]:
    """Return what is read these days, kept until the order or a post changes."""
    ranking = versions.current("trending")
    return cached("trending_posts", "site", f"ranking_{ranking}", lambda: tuple(card(post) for post in trending()))


def card(post: Post, **more: str) -> Card:
    """Return the card of a post from `.listed()`, with what is given in place of its own title or excerpt."""
    return Card(
        title=more.pop("title", post.title),
        url=post.get_absolute_url(),
        excerpt=more.pop("excerpt") if "excerpt" in more else summary(post),
        author=post.author.profile.name,
        author_url=reverse("author", args=[post.author.username]),
        published_at=post.published_at or post.created_at,
        category=post.category.name if post.category else "",
        category_url=post.category.get_absolute_url() if post.category else "",
        cover=asdict(shown(post.cover)) if post.cover else None,
        **more,
    )


def summary(post: Post, words: int = 40) -> str:
    """Return the author's excerpt, or the opening of the text."""
    return post.excerpt or opening(post, words)


def opening(post: Post, words: int = 110) -> str:
    """Return the first words of the text, from the first paragraphs that follow each other if there are any."""
    markup = beginning(post.content_html, 9000)
    first = PARAGRAPHS.search(markup)
    return shortened((first and plain_text(first.group())) or plain_text(markup), words=words)


def _read_featured() -> tuple[Card, ...]:
    return tuple(card(post) for post in Post.objects.listed().filter(options__is_featured=True)[:FEATURED])


def _read_sections() -> tuple[Section, ...]:
    counted = Category.objects.filter(posts__status=Status.PUBLISHED).annotate(size=Count("posts"))
    largest = sorted(counted.order_by("-size", "pk")[:SECTIONS], key=lambda category: category.name.lower())
    return tuple(Section(name=category.name, url=category.get_absolute_url()) for category in largest)
