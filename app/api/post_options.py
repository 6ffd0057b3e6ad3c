"""What is said about a post beside its text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from app.accounts.models import User
from app.api.auth import Request
from app.api.errors import Invalid, Problem
from app.api.fields import Id, Line, Moment, Strict
from app.api.permissions import editable_post, publishable_post
from app.blog.models import Media, Post, PostOptions

router = Router(tags=["posts"])

Comments = Literal["", "everyone", "moderated", "members", "off"]


class OptionsOut(Schema):
    """`social_image` is the id of a picture; `authors` are usernames of others who wrote it; `comments` empty: as the site."""

    canonical_url: str
    meta_title: str
    meta_description: str
    social_image: int | None
    is_indexed: bool
    is_featured: bool
    comments: str
    authors: list[str]
    published_at: datetime | None


class OptionsIn(Strict):
    """What is left out stays as it is. `published_at` may be changed once the post is public."""

    canonical_url: Annotated[Line, Field(max_length=500)] = ""
    meta_title: Annotated[Line, Field(max_length=200)] = ""
    meta_description: Annotated[Line, Field(max_length=300)] = ""
    social_image: Id | None = None
    is_indexed: bool = True
    is_featured: bool = False
    comments: Comments = ""
    authors: Annotated[list[Annotated[Line, Field(max_length=150)]], Field(max_length=20)] = Field(default_factory=list)
    published_at: Moment | None = None


@router.get("/{post_id}/options", response={200: OptionsOut, 403: Problem, 404: Problem})
def read_options(request: Request, post_id: Id) -> dict[str, Any]:
    """Read what is said about a post that you may change."""
    return _out(editable_post(post_id, request.auth))


@router.patch("/{post_id}/options", response={200: OptionsOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def change_options(request: Request, post_id: Id, payload: OptionsIn) -> dict[str, Any]:
    """Change some of it."""
    post, given = editable_post(post_id, request.auth), payload.dict(exclude_unset=True)
    at = given.pop("published_at", None)
    if at is not None:
        publishable_post(post_id, request.auth)
    authors = _users(given.pop("authors")) if "authors" in given else None
    if "social_image" in given:
        given["social_image"] = _picture(given["social_image"])
    options = PostOptions.of(post)
    for name, value in given.items():
        setattr(options, name, value)
    with transaction.atomic():
        options.keep(authors=authors)
        if at is not None:
            PostOptions.redate(post, at)
    return _out(Post.objects.get(pk=post.pk))


def _out(post: Post) -> dict[str, Any]:
    options = PostOptions.of(post)
    names = ("canonical_url", "meta_title", "meta_description", "is_indexed", "is_featured", "comments")
    return {
        **{name: getattr(options, name) for name in names},
        "social_image": options.social_image_id,
        "authors": [each.username for each in options.other_authors()],
        "published_at": post.published_at,
    }


def _users(names: list[str]) -> list[User]:
    """Return these writers. Raises Invalid."""
    found = {each.username: each for each in User.objects.writers().filter(username__in=names)}
    if missing := [name for name in names if name not in found]:
        raise Invalid({"authors": [_("No one who writes here is called “%(name)s”.") % {"name": missing[0]}]})
    return list(found.values())


def _picture(pk: int | None) -> Media | None:
    found = Media.objects.kept().filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Invalid({"social_image": [_("There is no such picture in the library.")]})
    return found
