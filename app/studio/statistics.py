"""How the site and single posts are read, by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from app.blog.models import Post
from app.stats.exporting import days_csv
from app.stats.reports import RANGES, Day, Report, Total, report, table, top_posts
from app.studio.access import WriterRequest, read_post, statisticians, writers
from owed import clock

USUAL = 30
GROWTH = 90
"""Days of the plot on the subscribers' page."""
LABELS = {
    "day": gettext_lazy("Day"),
    "views": gettext_lazy("Views"),
    "readers": gettext_lazy("Readers"),
    "likes": gettext_lazy("Likes"),
    "comments": gettext_lazy("Comments"),
    "delivered": gettext_lazy("Emails sent"),
    "gained": gettext_lazy("New subscribers"),
    "lost": gettext_lazy("Unsubscribed"),
    "subscribers": gettext_lazy("Subscribers"),
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A total with its name."""

    label: str
    total: Total


@dataclass(frozen=True, kw_only=True)
class Table:
    """Days as a table that the plots read: `columns` are names and labels, without the day."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[dict[str, Any]]


@require_GET
@statisticians
def site_statistics(request: WriterRequest) -> HttpResponse:
    """Show the whole site's numbers."""
    days, now = _days(request), clock.now()
    found = report(days, now)
    about = {"posts": top_posts(days, now), "plots": _plots("views readers", "subscribers", "likes comments", "delivered")}
    return render(request, "studio/statistics.html", {**about, **_shown(found, days, None)})


@require_GET
@statisticians
def site_statistics_csv(request: WriterRequest) -> HttpResponse:
    """Give out the whole site's days."""
    days = _days(request)
    return _file(days_csv(report(days, clock.now())), f"statistics-{days}-days.csv")


@require_GET
@writers
def post_statistics(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one post's numbers."""
    post, days = read_post(request, pk), _days(request)
    about = {"post": post, "plots": _plots("views", "likes comments", "delivered")}
    return render(request, "studio/post_statistics.html", {**about, **_shown(report(days, clock.now(), post), days, post)})


@require_GET
@writers
def post_statistics_csv(request: WriterRequest, pk: int) -> HttpResponse:
    """Give out one post's days."""
    post, days = read_post(request, pk), _days(request)
    return _file(days_csv(report(days, clock.now(), post), post), f"statistics-post-{pk}-{days}-days.csv")


def growth() -> dict[str, Any]:
    """Return the plot of the subscribers' page, and its table."""
    found = report(GROWTH, clock.now())
    rows = [{name: getattr(day, name) for name in ("day", "subscribers", "gained", "lost")} for day in found.days]
    return {"growth": _table(rows), "plots": _plots("subscribers"), "days": GROWTH, "is_counted": _is_counted(found.days)}


def _days(request: WriterRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, RANGES) else USUAL


def _shown(found: Report, days: int, post: Post | None) -> dict[str, Any]:
    figures = [Figure(label=str(LABELS[total.name]), total=total) for total in found.totals]
    rows = table(found.days, post)
    return {"report": found, "figures": figures, "table": _table(rows), "days": days, "ranges": RANGES}


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    return Table(columns=[(name, str(LABELS[name])) for name in rows[0] if name != "day"], rows=rows)


def _plots(*series: str) -> list[tuple[str, list[str]]]:
    """Return the names of the columns of each plot, and their labels."""
    return [(names, [str(LABELS[name]) for name in names.split()]) for names in series]


def _is_counted(days: Sequence[Day]) -> bool:
    return any(day.subscribers is not None for day in days)


def _file(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
