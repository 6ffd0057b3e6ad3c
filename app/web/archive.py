"""Everything public, by year and month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from itertools import groupby

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.blog.models import Post
from app.pagecache.pages import cached
from app.web.conditional_get import public

SHELF = ("recent_posts", "site")


@dataclass(frozen=True, kw_only=True)
class ArchiveLine:
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class Month:
    first: date
    count: int
    entries: tuple[ArchiveLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Year:
    year: str
    """In digits alone: a template would write 2,026 for the number."""
    months: tuple[Month, ...]


@require_safe
def archive(request: HttpRequest) -> HttpResponseBase:
    years = cached(*SHELF, "archive", _years)
    count = sum(month.count for year in years for month in year.months)
    about = {"years": years, "count": count}
    return public(request, (years,), lambda: render(request, "web/archive.html", about), shelf=SHELF)


@require_safe
def archive_year(request: HttpRequest, year: int) -> HttpResponseBase:
    if not MINYEAR < year < MAXYEAR:
        raise Http404("no such year")
    months = cached(*SHELF, f"archive-{year}", lambda: _months(year))
    if not months:
        raise Http404(f"nothing was published in {year}")
    about = {"year": str(year), "months": months, "count": sum(month.count for month in months)}
    return public(request, (months,), lambda: render(request, "web/archive_year.html", about), shelf=SHELF)


def _years() -> tuple[Year, ...]:
    counted = Post.objects.public().annotate(first=TruncMonth("published_at")).values("first")
    rows = counted.annotate(count=Count("pk")).order_by("-first")
    months = [Month(first=row["first"].date(), count=row["count"]) for row in rows]
    return tuple(Year(year=str(year), months=tuple(own)) for year, own in groupby(months, lambda month: month.first.year))


def _months(year: int) -> tuple[Month, ...]:
    posts = Post.objects.public().filter(published_at__year=year).order_by("-published_at", "-pk")
    rows = posts.values_list("title", "slug", "published_at")
    entries = [ArchiveLine(title=title, url=reverse("post", args=[slug]), published_at=at) for title, slug, at in rows if at]
    return tuple(_month(own) for _, own in groupby(entries, lambda entry: entry.published_at.month))


def _month(entries: Iterable[ArchiveLine]) -> Month:
    own = tuple(entries)
    return Month(first=own[0].published_at.date().replace(day=1), count=len(own), entries=own)
