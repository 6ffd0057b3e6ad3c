"""What every reader yields: a post of another system, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.blog.text import CONTENT_LIMIT

MAX_BYTES = CONTENT_LIMIT


class CannotRead(ValueError):
    """This source cannot become a post; the message says why, in words for its owner."""


class LossKind(StrEnum):
    """In what way a post differs from what it was. The report has a heading with advice for each."""

    TAG = "tag"
    SHORTCODE = "shortcode"
    ATTRIBUTE = "attribute"
    IMAGE = "image"
    REMOTE_IMAGE = "remote image"
    INSECURE_IMAGE = "insecure image"
    LINK = "link"
    EMBED = "embed"
    HTML = "html"
    TEXT = "text"
    COMMENT = "comment"
    ADDRESS = "address"
    FIELD = "field"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Something of a post that did not come along as it was. `line` counts from 1 in its file, None where unknown."""

    kind: LossKind
    what: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class SourceAuthor:
    """A writer as the source names them. `key` becomes the username."""

    key: str
    name: str
    is_username: bool = False
    """Whether the key is a username of this system, and stays as it is."""


@dataclass(frozen=True, kw_only=True)
class SourceImage:
    """An image that the text or the cover refers to. `problem` says why there is no `path`."""

    url: str
    path: Path | None = None
    problem: str = ""
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class SourceComment:
    """A comment, approved or waiting for approval. `key` is unique among those of its post, `parent` another one's key."""

    key: str
    name: str
    email: str
    content: str
    created_at: datetime
    approved: bool
    parent: str = ""


@dataclass(frozen=True)
class Urls:
    """What a text shows and where it leads: images with their alternative texts, and links."""

    images: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourcePost:
    """One post of another system. URLs are still the source's own; `links` and `save` replace them.

    `key` is its path or guid, `identities` distinguish it from posts of other sites with the same key: any one will do.
    `file`, `line` and `label` name it in the report, `lines` says on which line of the file a URL of the text is.
    `old_urls` are the paths of
    its pages on the old site, `link_names` more ways in which other posts may link to it, `hosts` the old site's names.
    `guid` is its id in the old site's feed, as far as it is known. `urls` are those of `content`, looked up once, on the spool.
    `private` says why it was not public, empty where it was. Of an export of this system: `term_slugs` are the slugs of
    tags and categories by kind and name, `on_site` and `is_withdrawn` what became of the post; `keeps_links`: they hold here.
    """

    key: str
    file: str
    title: str
    slug: str
    content: str
    identities: tuple[str, ...] = ()
    line: int | None = None
    label: str = ""
    excerpt: str = ""
    language: str = ""
    authors: tuple[SourceAuthor, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    published_at: datetime | None = None
    private: str = ""
    term_slugs: Mapping[str, str] = field(default_factory=dict)
    on_site: bool = True
    is_withdrawn: bool = False
    keeps_links: bool = False
    cover: str = ""
    images: tuple[SourceImage, ...] = ()
    comments: tuple[SourceComment, ...] = ()
    old_urls: tuple[str, ...] = ()
    link_names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    guid: str = ""
    losses: tuple[Loss, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    urls: Urls = Urls()


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A post that could not be imported, and why."""

    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A file that is not a post: a README, an index page, a page of another kind. `is_unread` where it may be one."""

    file: str
    reason: str
    is_unread: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something about the source as a whole: a damaged place that was read past."""

    file: str
    text: str


Found = SourcePost | Failed | Skipped | Notice
