"""Numbers by day from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.blog.models import Post
from app.stats.daily import BACK, count_day
from app.stats.days import DAY, day_of
from app.stats.exporting import days_csv
from app.stats.reports import Report, report, top_posts
from owed import clock


class Command(BaseCommand):
    help = "Show how the site or a post is read by day, or count the days again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help=f"how many days up to today, at most {BACK} (default: 30)")
        parser.add_argument("--post", type=int, metavar="ID", help="of this post instead of the whole site")
        parser.add_argument("--csv", action="store_true", help="a line for each day, as CSV")
        parser.add_argument(
            "--recount", action="store_true", help="count these days again first: those of which every view is still kept"
        )

    def handle(self, *args: Any, days: int, post: int | None, csv: bool, recount: bool, **options: Any) -> None:
        if not 1 <= days <= BACK:
            raise CommandError(f"--days is a number from 1 to {BACK}.")
        about = Post.objects.filter(pk=post).first() if post else None
        if post and about is None:
            raise CommandError(f"There is no post {post}.")
        if recount:
            self.stderr.write(f"{_recount(days)} of {days} days counted again")
        found = report(days, clock.now(), about)
        if csv:
            self.stdout.write(days_csv(found, about), ending="")
        else:
            self._show(found, days, about)

    def _show(self, found: Report, days: int, about: Post | None) -> None:
        for total in found.totals:
            self.stdout.write(f"{_number(total.now)}  {total.name} ({_number(total.before).strip()} before)")
        for sent in found.referrers:
            self.stdout.write(f"{sent.views:>12,}  views from {sent.host}")
        for each in [] if about else top_posts(days, clock.now()):
            self.stdout.write(f"{each.views:>12,}  views of post {each.post.pk}, {each.post.title}")


def _recount(days: int) -> int:
    now = clock.now()
    return sum(count_day(day_of(now) - number * DAY, now) for number in range(days))


def _number(value: int | None) -> str:
    return f"{'?' if value is None else format(value, ','):>12}"
