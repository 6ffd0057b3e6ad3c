"""Search over what is public."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from app.api.errors import Invalid
from app.api.fields import Page, Text
from app.search.filters import BadFilter, Filters
from app.search.query import Result, search
from app.site import limits

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
    """`total` is counted to 1,000; `total_is_exact` is false where there are more.

    `corrected` is what was searched for instead, where nothing has the words of `query`; empty otherwise.
    """

    query: str
    corrected: str
    total: int
    total_is_exact: bool
    page: int
    has_next: bool
    items: list[Found]


class Narrowing(Schema):
    """What a search is narrowed to. Days are of the site's time zone, and both count."""

    author: Annotated[Text, Field(max_length=150, description="A username.")] = ""
    tag: Annotated[Text, Field(max_length=limits.SLUG, description="The slug of a tag.")] = ""
    since: Annotated[date | None, Field(description="The first day of publication.")] = None
    until: Annotated[date | None, Field(description="The last day of publication.")] = None


@router.get("", auth=None, response=FoundPage)
def find(
    request: HttpRequest, narrowing: Query[Narrowing], q: Annotated[Text, Field(max_length=500)] = "", page: Page = 1
) -> dict[str, Any]:
    """Find posts by words, "phrases" and -exclusions, best first, 20 to a page."""
    try:
        found = search(q, page, filters=Filters(**narrowing.dict()))
    except BadFilter as error:
        raise Invalid({error.name: [str(error)]}) from None
    return {
        "query": found.text,
        "corrected": found.corrected,
        "total": found.total,
        "total_is_exact": found.is_exact,
        "page": found.number,
        "has_next": found.has_next,
        "items": [_shown(result) for result in found.results],
    }


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
