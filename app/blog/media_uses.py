"""Where pictures are used: looked up for a page of them at once, in one query for each kind of place.

A kind of place that shows pictures, and keeps no reference to them, is one more line of TEXTS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Model, Q
from django.utils.translation import gettext

from app.accounts.models import Profile, User
from app.blog.models import Category, EarlierUse, Media, Post, PostOptions
from app.blog.models import Page as SitePage
from app.blog.pages import AUTHOR, CATEGORY, EDITOR, PAGE_EDITOR
from app.site.models import SiteSettings
from app.site.pages import SETTINGS, Page

CHECKSUM = re.compile(r"images/[0-9a-f]{2}/([0-9a-f]{64})\.")
POST_FIELDS = ("title", "author_id", "status")


class Kind(StrEnum):
    POST = "post"
    COVER = "cover"
    PROFILE = "profile"
    CATEGORY = "category"
    SITE = "site"
    PAGE = "page"
    EARLIER = "earlier"


@dataclass(frozen=True, kw_only=True)
class Use:
    """One place. `title` and `url` are empty where the person who asks may not see it; `until` is of an earlier use."""

    kind: Kind
    pk: int | None
    title: str = ""
    page: Page | None = None
    argument: object = None
    author_id: int | None = None
    until: datetime | None = None

    @property
    def url(self) -> str:
        # When it is shown: a logo may be in thousands of posts, of which a list names three.
        return self.page.url(self.argument) if self.page else ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.pk}"


@dataclass(frozen=True)
class Text:
    """Rows whose text may show pictures: which fields, which row belongs to whom, and where it is shown."""

    model: type[Model]
    fields: tuple[str, ...]
    kind: Kind
    shown: Callable[[Any], tuple[str, Page, str, int | None]]
    """Return title, page with its argument, and the id of the user whose own it is."""


def _profile(profile: Profile) -> tuple[str, Page, str, int | None]:
    return profile.name, AUTHOR, profile.user.username, profile.user_id


def _category(category: Category) -> tuple[str, Page, str, int | None]:
    return category.name, CATEGORY, category.slug, None


def _site(row: SiteSettings) -> tuple[str, Page, str, int | None]:
    return str(gettext("Settings")), SETTINGS, "look", None


def _page(row: SitePage) -> tuple[str, Page, str, int | None]:
    return row.title, PAGE_EDITOR, str(row.pk), None


TEXTS = (
    Text(SitePage, ("content",), Kind.PAGE, _page),
    Text(SiteSettings, ("logo", "favicon", "custom_css"), Kind.SITE, _site),
    Text(Profile, ("bio", "avatar"), Kind.PROFILE, _profile),
    Text(Category, ("description",), Kind.CATEGORY, _category),
)


def uses(media: Iterable[Media], viewer: User | None = None) -> dict[int, list[Use]]:
    """Return where each picture is used, by its id, for the eyes of this person; of all where there is none.

    What the person may not see is listed without its title. The number of queries is that of the kinds.
    """
    found: dict[int, list[Use]] = {each.pk: [] for each in media}
    ids = {each.checksum: each.pk for each in media}
    now = [*_posts(found, viewer), *_covers(found, viewer), *_previews(found, viewer)]
    present = {(pk, use.pk) for pk, use in now}
    earlier = ((pk, use) for pk, use in _earlier(found, viewer) if (pk, use.pk) not in present)
    for pk, use in (*now, *_texts(ids), *earlier):
        found[pk].append(use)
    return found


def mentioned(texts: Iterable[Text] = TEXTS, *, but: User | None = None) -> set[str]:
    """Return the checksums of all pictures that such texts name, except for this user's own texts."""
    return {checksum for checksum, use in _mentions(texts) if but is None or use.author_id != but.pk}


def used_by_others(media: Iterable[Media], user: User) -> set[int]:
    """Return the ids of those that are used, or were, by what is not this user's own."""
    return {pk for pk, places in uses(media).items() if any(place.author_id != user.pk for place in places)}


def _posts(ids: Iterable[int], viewer: User | None) -> Iterator[tuple[int, Use]]:
    through = Post.media.through.objects.filter(media__in=list(ids)).order_by("post__title", "post_id")
    fields = {name: F(f"post__{name}") for name in POST_FIELDS}
    for row in through.values("media_id", pk=F("post_id"), **{f"post_{name}": field for name, field in fields.items()}):
        yield row["media_id"], _post(Kind.POST, row, viewer)


def _covers(ids: Iterable[int], viewer: User | None) -> Iterator[tuple[int, Use]]:
    posts = Post.objects.filter(cover__in=list(ids)).order_by("title", "pk")
    for row in posts.values("cover_id", "pk", **{f"post_{name}": F(name) for name in POST_FIELDS}):
        yield row["cover_id"], _post(Kind.COVER, row, viewer)


def _previews(ids: Iterable[int], viewer: User | None) -> Iterator[tuple[int, Use]]:
    options = PostOptions.objects.filter(social_image__in=list(ids)).order_by("post__title", "pk")
    fields = {f"post_{name}": F(f"post__{name}") for name in ("title", "status")}
    for row in options.values("social_image_id", pk_of_post=F("post_id"), author=F("post__author_id"), **fields):
        about = {**row, "pk": row["pk_of_post"], "post_author_id": row["author"]}
        yield row["social_image_id"], _post(Kind.COVER, about, viewer)


def _earlier(ids: Iterable[int], viewer: User | None) -> Iterator[tuple[int, Use]]:
    rows = EarlierUse.objects.filter(media__in=list(ids)).select_related("post").order_by("-until", "pk")
    for row in rows.defer("post__content", "post__content_html"):
        about = {"pk": row.post_id, "post_author_id": row.author_id, "post_title": "", "post_status": ""}
        if row.post is not None:
            about |= {"post_title": row.post.title, "post_status": row.post.status}
        yield row.media_id, _post(Kind.EARLIER, about, viewer, until=row.until)


@dataclass
class _Seen:
    author_id: int
    status: str


def _post(kind: Kind, row: Mapping[str, Any], viewer: User | None, until: datetime | None = None) -> Use:
    post = _Seen(row["post_author_id"], row["post_status"])
    is_seen = row["pk"] is not None and (viewer is None or viewer.can_see(post))
    is_edited = row["pk"] is not None and (viewer is None or viewer.can_edit(post))
    return Use(
        kind=kind,
        pk=row["pk"],
        title=row["post_title"] if is_seen else "",
        page=EDITOR if is_edited else None,
        argument=row["pk"],
        author_id=row["post_author_id"],
        until=until,
    )


def _texts(ids: dict[str, int]) -> Iterator[tuple[int, Use]]:
    yield from ((ids[checksum], use) for checksum, use in _mentions(TEXTS) if checksum in ids)


def _mentions(texts: Iterable[Text]) -> Iterator[tuple[str, Use]]:
    for text in texts:
        named = reduce(or_, (Q(**{f"{field}__contains": "images/"}) for field in text.fields))
        rows = text.model._default_manager.filter(named).order_by("pk")
        for row in rows.select_related("user") if text.model is Profile else rows:
            title, page, argument, owner = text.shown(row)
            words = "\n".join(str(getattr(row, field)) for field in text.fields)
            for checksum in dict.fromkeys(CHECKSUM.findall(words)):
                yield (
                    checksum,
                    Use(kind=text.kind, pk=row.pk, title=title, page=page, argument=argument, author_id=owner),
                )
