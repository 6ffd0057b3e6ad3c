"""How the site and single posts are read, by day: the site's numbers for editors, a post's also for its author."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from app.accounts.models import User
from app.api.auth import Request
from app.api.errors import Forbidden, Problem
from app.api.fields import Id
from app.api.permissions import visible_post
from app.blog.models import Post
from app.stats.exporting import days_csv
from app.stats.reports import Report, report, top_posts
from owed import clock

router = Router(tags=["statistics"])

Days = Literal["7", "30", "90", "365"]


class DayOut(Schema):
    """A number is null where it is not known, and where a post has no such number."""

    day: date
    views: int | None
    readers: int | None
    likes: int | None
    comments: int | None
    delivered: int | None
    gained: int | None
    lost: int | None
    subscribers: int | None


class TotalOut(Schema):
    """The sum over the days, and over as many days before."""

    name: str
    now: int | None
    before: int | None


class SentOut(Schema):
    host: str
    views: int


class PostViews(Schema):
    id: int
    title: str
    views: int


class StatisticsOut(Schema):
    """`direct` are views that name no other site, `other` those from hosts that are not listed; views are known `since`."""

    days: list[DayOut]
    totals: list[TotalOut]
    referrers: list[SentOut]
    other: int
    direct: int
    since: date | None
    counted_at: datetime | None


class SiteStatistics(StatisticsOut):
    top_posts: list[PostViews]


@router.get("", response={200: SiteStatistics, 403: Problem})
def site_statistics(request: Request, days: Days = "30") -> dict[str, Any]:
    """Read the numbers of the whole site, for editors."""
    _must_see_the_site(request.auth)
    now = clock.now()
    top = [{"id": each.post.pk, "title": each.post.title, "views": each.views} for each in top_posts(int(days), now)]
    return {**asdict(report(int(days), now)), "top_posts": top}


@router.get("/days.csv", response={403: Problem})
def site_csv(request: Request, days: Days = "30") -> HttpResponse:
    """Read the days of the whole site as CSV, for editors."""
    _must_see_the_site(request.auth)
    return _csv(days_csv(report(int(days), clock.now())))


@router.get("/posts/{post_id}", response={200: StatisticsOut, 403: Problem, 404: Problem})
def post_statistics(request: Request, post_id: Id, days: Days = "30") -> dict[str, Any]:
    """Read the numbers of a post, for its author and for editors."""
    return asdict(_of_post(request.auth, post_id, days)[1])


@router.get("/posts/{post_id}/days.csv", response={403: Problem, 404: Problem})
def post_csv(request: Request, post_id: Id, days: Days = "30") -> HttpResponse:
    """Read the days of a post as CSV, for its author and for editors."""
    post, found = _of_post(request.auth, post_id, days)
    return _csv(days_csv(found, post))


def _must_see_the_site(user: User) -> None:
    if not user.can_see_statistics():
        raise Forbidden(_("Only editors see the statistics of the whole site."))


def _of_post(user: User, post_id: int, days: Days) -> tuple[Post, Report]:
    """Return the post and its numbers. Raises NotFound, Forbidden."""
    post = visible_post(post_id, user)
    if not user.can_see_statistics(post):
        raise Forbidden(_("Only the author of a post and editors see its statistics."))
    return post, report(int(days), clock.now(), post)


def _csv(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/csv; charset=utf-8")
