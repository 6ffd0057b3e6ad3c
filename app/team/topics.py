"""Categories and tags: made, renamed, merged and deleted. Old addresses lead to where the posts are now."""

from __future__ import annotations

import re
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from app.blog.changes import change
from app.blog.errors import PostGone
from app.blog.models import Category, Post, Status, Tag
from app.blog.slugs import base_of, normal
from app.blog.text import one_line
from app.log.actions import Action
from app.log.models import Entry
from app.team import effects
from app.team.errors import NameTaken, NoTarget, SlugTaken, TopicGone
from app.team.models import TopicRedirect
from owed import gather, owe
from owed.sql import hold, run

Kind = Literal["category", "tag"]
Topic = Category | Tag
MODELS: dict[Kind, type[Category] | type[Tag]] = {"category": Category, "tag": Tag}
FOLDERS: dict[str, Kind] = {"categories": "category", "tags": "tag"}
OLD_PAGE = re.compile(r"^/(categories|tags)/([-\w]+)(/.*)?$")
A_PART = 25
"""Posts that one effect files elsewhere: each shows elsewhere, and is locked meanwhile."""
FOLLOW = """
UPDATE newsletter_subscriber
SET wants = (SELECT array_agg(DISTINCT each) FROM unnest(array_replace(wants, %(old)s, %(new)s)) AS each)
WHERE %(old)s = ANY(wants)
"""


def rows(kind: Kind, words: str = "") -> QuerySet[Any]:
    """Return the topics of a kind by name, each with `number` posts and `public` ones."""
    found: QuerySet[Any] = MODELS[kind]._default_manager.filter(name__icontains=words)
    counted = found.annotate(number=Count("posts"), public=Count("posts", filter=Q(posts__status=Status.PUBLISHED)))
    listed: QuerySet[Any] = counted.order_by("name", "pk")
    return listed


@transaction.atomic
def create(kind: Kind, name: str, *, slug: str = "", description: str = "") -> Topic:
    """Make a topic. Raises NameTaken, SlugTaken, ValidationError."""
    hold("tags" if kind == "tag" else "categories")
    topic: Topic = MODELS[kind]()
    _write(topic, name=name, slug=slug, description=description)
    Entry.objects.note(Action.TOPIC_CREATED, topic, topic.name)
    return topic


@transaction.atomic
def revise(topic: Topic, *, name: str, slug: str = "", description: str | None = None) -> None:
    """Change the name, the address or the description. Pages, feeds and the index follow. Raises what create() raises."""
    kind = kind_of(topic)
    hold("tags" if kind == "tag" else "categories")
    before = MODELS[kind]._default_manager.filter(pk=topic.pk).first()
    if before is None:
        raise TopicGone
    _write(topic, name=name, slug=slug or before.slug, description=description)
    if topic.slug != before.slug:
        _redirect(kind, before.slug, topic)
    Entry.objects.note(Action.TOPIC_CHANGED, topic, before.name, **({"into": topic.name} if topic.name != before.name else {}))


@transaction.atomic
def merge(topic: Topic, into: Topic) -> None:
    """Owe it that all posts of a topic are filed under another, and that it goes then. Raises NoTarget, TopicGone."""
    kind = kind_of(topic)
    if kind_of(into) != kind or into.pk == topic.pk or _is_merged(into):
        raise NoTarget
    if not MODELS[kind]._default_manager.filter(pk=topic.pk).exists():
        raise TopicGone
    _redirect(kind, topic.slug, into)
    owe(effects.merge_topic.si(kind=kind, from_id=topic.pk, into_id=into.pk), about=topic)
    Entry.objects.note(Action.TOPIC_MERGED, topic, topic.name, into=into.name)


@transaction.atomic
def delete(topic: Topic) -> None:
    """Delete a topic. Its posts stay, and are filed under nothing or under one tag less."""
    Entry.objects.note(Action.TOPIC_DELETED, topic, topic.name)
    topic.delete()


def merge_some(kind: Kind, from_id: int, into_id: int) -> None:
    """File the next posts elsewhere, and owe the rest; last the topic goes. Safe to do twice."""
    model = MODELS[kind]
    topic, into = (model._default_manager.filter(pk=pk).first() for pk in (from_id, into_id))
    if topic is None or into is None:
        return
    with change(), gather():
        hold("tags" if kind == "tag" else "categories")
        posts = list(topic.posts.order_by("pk")[: A_PART + 1])
        for post in posts[:A_PART]:
            _file(post, topic, into)
        if len(posts) > A_PART:
            owe(effects.merge_topic.si(kind=kind, from_id=from_id, into_id=into_id), about=f"{kind}:{from_id}")
            return
        TopicRedirect.objects.filter(**{kind: topic}).update(**{kind: into})
        run(FOLLOW, {"old": f"{kind}:{from_id}", "new": f"{kind}:{into_id}"})
        topic.delete()


def known(kind: str) -> Kind:
    """Return the kind of this name. Raises StopIteration."""
    return next(each for each in MODELS if each == kind)


def kind_of(topic: Topic) -> Kind:
    return "category" if isinstance(topic, Category) else "tag"


def merges(kind: Kind) -> dict[str, Topic]:
    """Return what topics that are being merged go into, by their slug."""
    going = TopicRedirect.objects.filter(kind=kind, slug__in=MODELS[kind]._default_manager.order_by().values("slug"))
    return {each.slug: each.target for each in going.select_related(kind) if each.target}


def moved(path: str) -> str:
    """Return where the page or the feed at an old path is now. Empty where none was there."""
    found = OLD_PAGE.match(path)
    if found is None:
        return ""
    folder, slug, rest = found.groups()
    old = TopicRedirect.objects.filter(kind=FOLDERS[folder], slug=slug).select_related("category", "tag").first()
    return f"/{folder}/{old.target.slug}{rest or '/'}" if old and old.target else ""


def _write(topic: Topic, *, name: str, slug: str, description: str | None) -> None:
    """Raises NameTaken, SlugTaken, ValidationError."""
    others: QuerySet[Any] = type(topic)._default_manager.exclude(pk=topic.pk)
    topic.name = one_line(name)
    if others.filter(name__iexact=topic.name).exists():
        raise NameTaken
    topic.slug = normal(slug) or _free(others, topic.name)
    if others.filter(slug=topic.slug).exists():
        raise SlugTaken
    if isinstance(topic, Category) and description is not None:
        topic.description = description
    topic.full_clean(validate_unique=False)
    TopicRedirect.objects.filter(kind=kind_of(topic), slug=topic.slug).delete()
    topic.save()


def _free(others: QuerySet[Any], name: str) -> str:
    base = base_of(name)[:100]
    taken = set(others.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


def _redirect(kind: Kind, slug: str, to: Topic) -> None:
    TopicRedirect.objects.update_or_create(kind=kind, slug=slug, defaults={kind: to})


def _is_merged(topic: Topic) -> bool:
    return TopicRedirect.objects.filter(kind=kind_of(topic), slug=topic.slug).exists()


def _file(post: Post, topic: Topic, into: Topic) -> None:
    try:
        if isinstance(into, Category):
            post.revise(category=into)
        else:
            post.revise(tags=[*post.tags.exclude(pk__in=[topic.pk, into.pk]), into])
    except PostGone:
        return
