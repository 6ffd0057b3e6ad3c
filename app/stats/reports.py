"""What the daily counts say of some weeks, of one post or of the whole site. Reads no single view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Sum

from app.blog.models import Post
from app.stats.days import DAY, day_of
from app.stats.models import DailyCount, DailyReferrer

RANGES = (7, 30, 90, 365)
SHOWN = 20
"""Posts and hosts that a report names."""
OF_A_POST = ("views", "likes", "comments", "delivered")
OF_THE_SITE = ("views", "readers", "likes", "comments", "delivered", "gained", "lost")


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day's numbers. None is unknown: not counted yet, or not counted by day at that time."""

    day: date
    views: int | None = None
    readers: int | None = None
    likes: int | None = None
    comments: int | None = None
    delivered: int | None = None
    gained: int | None = None
    lost: int | None = None
    subscribers: int | None = None


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of one number over the days, and over as many days before. None where none of them is known."""

    name: str
    now: int | None
    before: int | None

    @property
    def percent(self) -> int | None:
        """Return by how many percent it rose or fell; None where there is nothing to compare with."""
        return round((self.now - self.before) * 100 / self.before) if self.before and self.now is not None else None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """How many views came from another host."""

    host: str
    views: int


@dataclass(frozen=True, kw_only=True)
class TopPost:
    """How often a post was read."""

    post: Post
    views: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The days up to today, oldest first."""

    days: Sequence[Day]
    totals: Sequence[Total]
    referrers: Sequence[Sent]
    other: int
    """Views from hosts that are not named above."""
    direct: int
    """Views that name no other site: typed, from an email, an app, or a page that says nothing."""
    since: date | None
    """The first day whose views are known; None before the first count."""
    counted_at: datetime | None


NAMES = [field.name for field in fields(Day)]


def report(days: int, now: datetime, post: Post | None = None) -> Report:
    """Return the numbers of so many days of the post, or of the site, today included."""
    today = day_of(now)
    first = today - (days - 1) * DAY
    kept = _kept(first - days * DAY, today, post)
    shown = [kept.get(day, Day(day=day)) for day in _each(first, days)]
    before = [kept[day] for day in _each(first - days * DAY, days) if day in kept]
    known = DailyCount.objects.filter(post=None)
    hosts = _hosts(first, today, post)
    named = [each for each in hosts if each.host][:SHOWN]
    views = sum(each.views or 0 for each in shown)
    return Report(
        days=shown,
        totals=[_total(name, shown, before) for name in (OF_A_POST if post else OF_THE_SITE)],
        referrers=named,
        other=sum(each.views for each in hosts) - sum(each.views for each in named),
        direct=max(views - sum(each.views for each in hosts), 0),
        since=known.exclude(views=None).order_by("day").values_list("day", flat=True).first(),
        counted_at=known.aggregate(last=Max("counted_at"))["last"],
    )


def top_posts(days: int, now: datetime) -> list[TopPost]:
    """Return the posts that were read most in so many days, most first."""
    today = day_of(now)
    counts = DailyCount.objects.filter(day__gt=today - days * DAY, day__lte=today, post__isnull=False, views__gt=0)
    most = list(counts.values_list("post_id").annotate(number=Sum("views")).order_by("-number", "-post_id")[:SHOWN])
    posts = Post.objects.select_related("author__profile").defer("content", "content_html").in_bulk([pk for pk, _ in most])
    return [TopPost(post=posts[pk], views=views) for pk, views in most if pk in posts]


def table(days: Iterable[Day], post: Post | None = None) -> list[dict[str, Any]]:
    """Return the days as rows, with the columns that a post or the site has."""
    columns = ["day", *OF_A_POST] if post else ["day", *OF_THE_SITE, "subscribers"]
    return [{name: value for name, value in asdict(day).items() if name in columns} for day in days]


def _kept(first: date, last: date, post: Post | None) -> dict[date, Day]:
    """Return the known days. A post has rows only of days on which something happened: nothing did on the others."""
    counts = DailyCount.objects.filter(day__gte=first, day__lte=last)
    found = {row["day"]: Day(**row) for row in counts.filter(post=post).values(*NAMES)}
    if post is None:
        return found
    counted = counts.filter(post=None).values_list("day", "views")
    return {day: found.get(day, _quiet(day, views is not None)) for day, views in counted}


def _quiet(day: date, known: bool) -> Day:
    views = 0 if known else None
    return Day(day=day, views=views, readers=views, likes=0, comments=0, delivered=0)


def _each(first: date, days: int) -> list[date]:
    return [first + number * DAY for number in range(days)]


def _total(name: str, shown: Iterable[Day], before: Iterable[Day]) -> Total:
    return Total(name=name, now=_sum(name, shown), before=_sum(name, before))


def _sum(name: str, days: Iterable[Day]) -> int | None:
    known = [value for day in days if (value := getattr(day, name)) is not None]
    return sum(known) if known else None


def _hosts(first: date, last: date, post: Post | None) -> list[Sent]:
    found = DailyReferrer.objects.filter(post=post, day__gte=first, day__lte=last)
    sums = found.values_list("host").annotate(number=Sum("views")).order_by("-number", "host")
    return [Sent(host=host, views=number) for host, number in sums]
