"""Categories and tags: writers see them, editors make, change, merge and delete them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import Request, must_write
from app.api.errors import Forbidden, Invalid, NotFound, Problem
from app.api.fields import SLUG, Id, Strict, Text, Visible
from app.site import limits
from app.team import topics

router = Router(tags=["topics"])

Kind = Literal["category", "tag"]
Name = Annotated[Visible, Field(min_length=1, max_length=limits.NAME)]
Slug = Annotated[str, Field(pattern=SLUG, max_length=110)]


class TopicIn(Strict):
    """Without `slug`, it is made from the name. A tag has no `description`."""

    name: Name
    slug: Slug | None = None
    description: Annotated[Text, Field(max_length=1000)] = ""


class TopicChanges(Strict):
    name: Name | None = None
    slug: Slug | None = None
    description: Annotated[Text, Field(max_length=1000)] | None = None


class MergeIn(Strict):
    """`into` is the id of another of the same kind."""

    into: Id


class TopicOut(Schema):
    """`posts` are all, `public` those that readers see."""

    id: int
    name: str
    slug: str
    description: str
    posts: int
    public: int


class Merging(Schema):
    detail: str


@router.get("/{kind}", response={200: list[TopicOut], 403: Problem})
def list_topics(request: Request, kind: Kind) -> list[dict[str, Any]]:
    """List all categories, or all tags, by name."""
    must_write(request.auth)
    return [_shown(topic) for topic in topics.rows(kind)]


@router.post("/{kind}", response={201: TopicOut, 403: Problem, 409: Problem, 422: Problem})
def create_topic(request: Request, kind: Kind, payload: TopicIn) -> Status[dict[str, Any]]:
    """Make a category or a tag. 409 where another one has the name or the address."""
    _must_keep(request)
    _no_description(kind, payload.description)
    made = topics.create(kind, payload.name, slug=payload.slug or "", description=payload.description)
    return Status(201, _read(kind, made.pk))


@router.patch("/{kind}/{topic_id}", response={200: TopicOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def change_topic(request: Request, kind: Kind, topic_id: Id, payload: TopicChanges) -> dict[str, Any]:
    """Change the name, the address or the description. The old address redirects."""
    found = _kept(request, kind, topic_id)
    _no_description(kind, payload.description or "")
    topics.revise(found, name=payload.name or found.name, slug=payload.slug or "", description=payload.description)
    return _read(kind, topic_id)


@router.post("/{kind}/{topic_id}/merge", response={202: Merging, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def merge_topic(request: Request, kind: Kind, topic_id: Id, payload: MergeIn) -> Status[Merging]:
    """File all posts under another and delete this one then; a worker does it. Its address leads to the other."""
    found, into = _kept(request, kind, topic_id), topics.rows(kind).filter(pk=payload.into).first()
    if into is None:
        raise Invalid({"into": [_("Choose another one of the same kind to merge into.")]})
    topics.merge(found, into)
    return Status(202, Merging(detail=_("It is being merged.")))


@router.delete("/{kind}/{topic_id}", response={204: None, 403: Problem, 404: Problem})
def delete_topic(request: Request, kind: Kind, topic_id: Id) -> Status[None]:
    """Delete a category or a tag. Its posts stay."""
    topics.delete(_kept(request, kind, topic_id))
    return Status(204, None)


def _must_keep(request: Request) -> None:
    if not request.auth.can_manage_topics():
        raise Forbidden(_("Your account may not change categories and tags. Ask an editor."))


def _kept(request: Request, kind: topics.Kind, topic_id: int) -> topics.Topic:
    """Return a topic that the caller may change. Raises Forbidden, NotFound."""
    _must_keep(request)
    found: topics.Topic | None = topics.MODELS[kind]._default_manager.filter(pk=topic_id).first()
    if found is None:
        raise NotFound
    return found


def _no_description(kind: str, given: str) -> None:
    if kind == "tag" and given:
        raise Invalid({"description": [_("A tag has no description.")]})


def _read(kind: topics.Kind, topic_id: int) -> dict[str, Any]:
    return _shown(topics.rows(kind).get(pk=topic_id))


def _shown(topic: Any) -> dict[str, Any]:
    facts = {"id": topic.pk, "name": topic.name, "slug": topic.slug, "description": getattr(topic, "description", "")}
    return {**facts, "posts": topic.number, "public": topic.public}
