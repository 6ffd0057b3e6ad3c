"""What feeds are about: the site, an author, a category, a tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from app.blog.pages import AUTHOR, CATEGORY, TAG
from app.feeds.models import Format
from app.site.current import site
from app.site.pages import HOME

SITE = "site"
PAGES = {"author": AUTHOR, "category": CATEGORY, "tag": TAG}
COLUMNS = {"author": "author", "category": "category", "tag": "tags"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One feed's subject. `kind` and `name` are those of its address, `guid` is the feed's id since it was first built."""

    scope: str
    title: str
    description: str
    kind: str = SITE
    name: str = ""
    guid: str = ""
    origin: str = ""
    """What distinguishes it from another subject that has the same number in another copy of the database."""

    @property
    def path(self) -> str:
        """Return the page of which this is the feed."""
        return PAGES[self.kind].url(self.name) if self.name else HOME.url()

    def feed_path(self, form: str) -> str:
        return reverse(f"{self.kind}_feed_{form}", args=[self.name]) if self.name else reverse(f"feed_{form}")

    @property
    def links(self) -> list[tuple[str, str]]:
        """Return the format and path of each of the subject's feeds."""
        return [(form, self.feed_path(form)) for form in Format.values]

    def posts(self) -> QuerySet[Post]:
        """Return the public posts, newest first."""
        pk = self.scope.partition(":")[2]
        return Post.objects.listed().filter(**{COLUMNS[self.kind]: pk} if pk else {}).defer("content")


def of_site() -> Subject:
    here = site()
    about = here.description or here.tagline or f"New posts on {here.name}"
    return Subject(scope=SITE, title=here.name, description=about)


def of_author(user: User) -> Subject:
    name = user.profile.name
    title, origin = f"{name} on {site().name}", f"{user.username} {user.date_joined.timestamp()}"
    about = f"Posts by {name}"
    return Subject(scope=f"author:{user.pk}", kind="author", name=user.username, title=title, description=about, origin=origin)


def of_category(category: Category) -> Subject:
    title = f"{category.name} on {site().name}"
    description = category.description or f"Posts in {category.name}"
    scope, slug = f"category:{category.pk}", category.slug
    return Subject(scope=scope, kind="category", name=slug, title=title, description=description, origin=slug)


def of_tag(tag: Tag) -> Subject:
    title, about = f"{tag.name} on {site().name}", f"Posts tagged {tag.name}"
    return Subject(scope=f"tag:{tag.pk}", kind="tag", name=tag.slug, title=title, description=about, origin=tag.slug)


def subject_of(thing: Any) -> Subject | None:
    """Return the subject that is this user, category or tag, or has this scope; None if there is none."""
    for model, make in MAKERS:
        if isinstance(thing, model):
            return make(thing)
    kind, _, pk = str(thing).partition(":")
    if kind == SITE:
        return of_site()
    return _found(kind, pk=pk) if pk.isdecimal() else None


def subject_at(kind: str, name: str) -> Subject | None:
    """Return the subject with this address."""
    if kind == SITE:
        return of_site()
    return _found(kind, username=name) if kind == "author" else _found(kind, slug=name)


def _found(kind: str, **where: str) -> Subject | None:
    if kind not in SOURCES:
        return None
    things, make = SOURCES[kind]
    thing = things().filter(**where).first()
    return make(thing) if thing else None


def _authors() -> QuerySet[User]:
    """Return who writes here. Readers have no feed: it would tell strangers that they have an account."""
    published = Post.objects.public().filter(author=OuterRef("pk"))
    return User.objects.filter(Q(pk__in=User.objects.writers()) | Exists(published)).select_related("profile")


Maker = Callable[[Any], Subject]
MAKERS: list[tuple[type, Maker]] = [(User, of_author), (Category, of_category), (Tag, of_tag)]
SOURCES: dict[str, tuple[Callable[[], QuerySet[Any]], Maker]] = {
    "author": (_authors, of_author),
    "category": (Category.objects.all, of_category),
    "tag": (Tag.objects.all, of_tag),
}
