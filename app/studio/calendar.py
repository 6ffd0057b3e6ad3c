"""What is planned and what came out, month by month."""

from __future__ import annotations

import re
from calendar import Calendar
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate, make_aware
from django.views.decorators.http import require_GET

from app.blog.models import Post, Status
from app.blog.status import OUT
from app.studio.access import WriterRequest, writers

MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
YEARS = range(1970, 2101)
MOST = 1000
"""Posts of one month that are shown."""


@require_GET
@writers
def calendar(request: WriterRequest) -> HttpResponse:
    """Show the posts of a month that the user works on: planned ones at their time, published ones at theirs."""
    today = localdate()
    first = _month(request.GET.get("month", "")) or today.replace(day=1)
    last = _next(first)
    posts = _posts(request, first, last)
    days = [_day(day, first, today, posts) for day in Calendar().itermonthdates(first.year, first.month)]
    about = {
        "first": first,
        "weeks": [days[start : start + 7] for start in range(0, len(days), 7)],
        "before": first - timedelta(days=1),
        "after": last,
        "today": today,
        "number": sum(len(posts_of) for posts_of in posts.values()),
    }
    return render(request, "studio/calendar.html", about)


def _posts(request: WriterRequest, first: date, last: date) -> dict[date, list[Post]]:
    """Return the posts of these days, each with its time as `at`."""
    since, until = (make_aware(datetime.combine(day, time.min)) for day in (first, last))
    planned = Q(status=Status.SCHEDULED, publish_at__gte=since, publish_at__lt=until)
    out = Q(status__in=OUT, published_at__gte=since, published_at__lt=until)
    found = Post.objects.managed_by(request.user).filter(planned | out).select_related("author__profile")
    by_day: dict[date, list[Post]] = defaultdict(list)
    for post in sorted(found.defer("content", "content_html").order_by("-pk")[:MOST], key=_time):
        by_day[localdate(_time(post))].append(post)
    return by_day


def _time(post: Post) -> datetime:
    """Return when it comes out, or came out. The database sees to it that there is such a time."""
    return cast("datetime", post.publish_at if post.status == Status.SCHEDULED else post.published_at)


def _day(day: date, first: date, today: date, posts: dict[date, list[Post]]) -> dict[str, Any]:
    of_day = [(post, _time(post)) for post in posts.get(day, [])]
    return {"date": day, "is_other": day.month != first.month, "is_today": day == today, "posts": of_day}


def _month(given: str) -> date | None:
    found = MONTH.fullmatch(given)
    if found is None or int(found[1]) not in YEARS or not 1 <= int(found[2]) <= 12:
        return None
    return date(int(found[1]), int(found[2]), 1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
