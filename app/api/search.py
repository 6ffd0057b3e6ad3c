"""Search over what is public."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from app.api.fields import Page, Text
from app.search.query import Result, search

router = Router(tags=["search"])


class Found(Schema):
    """`title` and `snippet` are safe HTML with <mark> around what was looked for."""

    post: int
    url: str
    title: str
    snippet: str
    author: str
    published_at: datetime | None


class FoundPage(Schema):
    query: str
    total: int
    page: int
    has_next: bool
    items: list[Found]


@router.get("", auth=None, response=FoundPage)
def find(request: HttpRequest, q: Annotated[Text, Field(max_length=500)] = "", page: Page = 1) -> dict[str, Any]:
    """Find posts by words, "phrases" and -exclusions, best first, 20 to a page."""
    found = search(q, page)
    items = [_shown(result) for result in found.results]
    return {"query": found.text, "total": found.total, "page": found.number, "has_next": found.has_next, "items": items}


def _shown(result: Result) -> dict[str, Any]:
    post = result.post
    return {
        "post": post.pk,
        "url": settings.SITE_URL + post.get_absolute_url(),
        "title": result.title,
        "snippet": result.snippet,
        "author": post.author.profile.name,
        "published_at": post.published_at,
    }
