"""What every reader yields: an entry that can be stored, or the reason why it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.blog.text import CONTENT_LIMIT

MAX_BYTES = CONTENT_LIMIT


class Unreadable(ValueError):
    """This source cannot become a post; the message says why, in words for its owner."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """A writer as the source names them. `key` becomes the username."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that the text or the cover refers to. `problem` says why there is no `path`."""

    url: str
    path: Path | None = None
    problem: str = ""
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One post of another system. URLs are still the source's own; `plan` and `write` replace them.

    `addresses` are the paths it had on its old site, `hosts` the names of that site.
    """

    source: str
    title: str
    slug: str
    content: str
    excerpt: str = ""
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    published_at: datetime | None = None
    draft: bool = False
    cover: str = ""
    images: tuple[Picture, ...] = ()
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unknown_tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A source that was left out, and why."""

    source: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A file that is no post: a README, an index page, a page of another kind."""

    source: str
    reason: str


Read = Entry | Broken | Ignored
