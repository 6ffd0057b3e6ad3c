"""Numbers by day: equal to what SQL counts, whatever was counted before, and kept when the single rows are gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Comment, Like, Post
from app.newsletter.models import Delivery, Send, Subscriber
from app.stats import daily, page_views, retention
from app.stats.effects import count
from app.stats.models import DailyCount, DailyReferrer, View
from app.stats.reports import report, top_posts
from owed import record
from owed.sweeping import sweep
from owed.testing import drain
from tests import factories
from tests.proof.processes import environment
from tests.stats.requests import get

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
TODAY = date(2026, 3, 8)
NUMBERS = ("views", "readers", "likes", "comments", "delivered")
WORK = "import django; django.setup(); from owed.draining import work; work()"


def see(post: Post, readers: Sequence[int], at: datetime = NOW, host: str = "") -> None:
    """Write views of these readers, as a web process does."""
    day = at.date()
    page_views.write([page_views.Seen(post.pk, n.to_bytes(16, "big"), day, at, referrer=host) for n in readers])


def subscribe(name: str, **fields: Any) -> Subscriber:
    return Subscriber.objects.create(email=f"{name}@example.org", **{"state": "confirmed", "confirmed_at": NOW, **fields})


def numbers(post: Post | None, day: date = TODAY) -> tuple[int | None, ...]:
    return DailyCount.objects.values_list(*NUMBERS).get(post=post, day=day)


@pytest.fixture
def other(author: User) -> Post:
    return factories.write(author, "Read me too", "Words.", status="published")


@pytest.mark.django_db
@pytest.mark.covers("H25")
class TestADay:
    def test_counts_each_post_and_the_site(self, post: Post, other: Post, author: User) -> None:
        see(post, range(5))
        see(other, range(3, 10))
        rob = User.objects.create_user("rob")
        Like.objects.create(post=post, user=rob, created_at=NOW)
        Comment.objects.filter(pk=other.comment(author=rob, content="Yes.").pk).update(created_at=NOW)
        Comment.objects.filter(pk=other.comment(content="?", guest_name="G").pk).update(created_at=NOW, status="held")
        send = Send.objects.create(post=post)
        for state in ("sent", "sent", "failed"):
            reader = subscribe(f"{state}-{Delivery.objects.count()}", confirmed_at=NOW - timedelta(days=9))
            Delivery.objects.create(send=send, post=post, subscriber=reader, state=state, finished_at=NOW)
        assert daily.count_day(TODAY, NOW)
        assert numbers(post) == (5, 5, 1, 0, 2)
        assert numbers(other) == (7, 7, 0, 1, 0)
        assert numbers(None) == (12, 10, 1, 1, 2)

    def test_is_the_same_when_counted_again(self, post: Post) -> None:
        see(post, range(5), host="example.com")
        daily.count_day(TODAY, NOW)
        see(post, range(3, 8), host="example.net")
        daily.count_day(TODAY, NOW)
        daily.count_day(TODAY, NOW)
        assert (numbers(post), numbers(None)) == ((8, 8, 0, 0, 0),) * 2
        assert set(DailyReferrer.objects.values_list("post_id", "host", "views")) == {
            (post.pk, "example.com", 5), (post.pk, "example.net", 3), (None, "example.com", 5), (None, "example.net", 3),
        }  # fmt: skip

    def test_follows_an_unlike_and_a_deleted_post(self, post: Post, other: Post) -> None:
        rob = User.objects.create_user("rob")
        like = Like.objects.create(post=post, user=rob, created_at=NOW)
        see(other, range(4))
        daily.count_day(TODAY, NOW)
        like.remove()
        other.delete()
        daily.count_day(TODAY, NOW)
        assert list(DailyCount.objects.values_list("post_id", "views", "likes")) == [(None, 0, 0)]

    def test_counts_who_came_and_who_left(self, post: Post) -> None:
        yesterday, tomorrow = NOW - timedelta(days=1), NOW + timedelta(days=1)
        subscribe("new")
        subscribe("faithful", confirmed_at=yesterday)
        subscribe("left", confirmed_at=yesterday, state="unsubscribed", unsubscribed_at=NOW)
        subscribe("leaves tomorrow", confirmed_at=yesterday, state="unsubscribed", unsubscribed_at=tomorrow)
        subscribe("comes tomorrow", confirmed_at=tomorrow)
        subscribe("never confirmed", state="unsubscribed", confirmed_at=None, unsubscribed_at=NOW)
        subscribe("asked", state="pending", confirmed_at=None)
        daily.count_day(TODAY, NOW)
        assert DailyCount.objects.values_list("gained", "lost", "subscribers").get() == (1, 1, 3)

    @pytest.mark.parametrize(
        ("zone", "first", "last"),
        [
            ("Asia/Tokyo", datetime(2026, 3, 7, 15, tzinfo=UTC), datetime(2026, 3, 8, 14, 59, 59, tzinfo=UTC)),
            # The clocks of New York went forward on that day, which had 23 hours.
            ("America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC)),
        ],
    )
    def test_is_one_of_the_sites_time_zone(
        self, post: Post, settings: Settings, zone: str, first: datetime, last: datetime
    ) -> None:
        settings.TIME_ZONE = zone
        second, late = timedelta(seconds=1), NOW + timedelta(days=2)
        for number, at in enumerate((first - second, first, last, last + second)):
            Like.objects.create(post=post, user=User.objects.create_user(f"rob{number}"), created_at=at)
        daily.count_day(TODAY, late)
        assert numbers(None) == (0, 0, 2, 0, 0)

    def test_begins_a_readers_day_at_the_sites_midnight(
        self, post: Post, buffer: page_views.Buffer, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.TIME_ZONE = "Asia/Tokyo"
        for at in (datetime(2026, 3, 8, 14, 59, tzinfo=UTC), datetime(2026, 3, 8, 15, 1, tzinfo=UTC)):
            monkeypatch.setattr(page_views.timezone, "now", lambda at=at: at)
            page_views.see(get(), post)
            page_views.see(get(), post)
        monkeypatch.undo()
        buffer.flush()
        assert sorted(View.objects.values_list("day", flat=True)) == [date(2026, 3, 8), date(2026, 3, 9)]

    def test_keeps_its_numbers_when_the_views_are_forgotten(self, post: Post) -> None:
        see(post, range(5), host="example.com")
        daily.count_day(TODAY, NOW)
        later = NOW + timedelta(days=31)
        assert retention.forget(later)
        assert not daily.count_day(TODAY, later)
        assert numbers(post) == (5, 5, 0, 0, 0)
        assert DailyReferrer.objects.filter(post=post).get().views == 5

    def test_that_was_never_counted_has_no_views_when_they_are_forgotten(self, post: Post) -> None:
        later = NOW + timedelta(days=31)
        Like.objects.create(post=post, user=User.objects.create_user("rob"), created_at=NOW)
        assert daily.count_day(TODAY, later)
        assert numbers(post) == numbers(None) == (None, None, 1, 0, 0)
        assert not daily.count_day(TODAY + timedelta(days=32), later)

    def test_names_five_hundred_hosts_and_sums_up_the_rest(self, post: Post, other: Post) -> None:
        at = {"day": TODAY, "seen_at": NOW}
        View.objects.bulk_create(
            View(post=each, visitor=n.to_bytes(16, "big"), referrer=f"h{n}.example", **at)
            for each, hosts in ((post, 501), (other, 500))
            for n in range(hosts)
        )
        see(post, range(1000, 1003), host="first.example")
        daily.count_day(TODAY, NOW)
        assert DailyReferrer.objects.filter(post=None).count() == 501
        assert DailyReferrer.objects.get(post=None, host="").views == 3  # the one that only one post has, and the last of 500
        assert DailyReferrer.objects.get(post=post, host="").views == 2
        assert sum(DailyReferrer.objects.filter(post=None).values_list("views", flat=True)) == 1004

    def test_is_owed_by_a_view_once_for_all_of_some_seconds(self, post: Post) -> None:
        now = timezone.now()
        see(post, range(3), now)
        drain(within=30)
        assert numbers(post, now.date())[0] == 3

    def test_is_owed_for_a_year_that_was_never_counted(self, post: Post) -> None:
        daily.count_day(TODAY - timedelta(days=5), NOW)
        assert daily.owe_counts(NOW) == 365
        drain()
        assert DailyCount.objects.filter(post=None).count() == 366
        assert daily.owe_counts(NOW) == 2


@pytest.mark.django_db(transaction=True)
class TestAWorker:
    @pytest.mark.covers("A7", "X5")
    @pytest.mark.parametrize("point", ["after-claim", "after-body", "before-finish-commit", "after-finish-commit"])
    def test_that_dies_while_it_counts_leaves_what_sql_counts(self, post: Post, other: Post, point: str) -> None:
        now = timezone.now()
        drain()
        see(post, range(30), now, host="example.com")
        see(other, range(20, 40), now)
        with transaction.atomic():
            record(count.si(day=now.date().isoformat()))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM effects_effect WHERE task <> 'stats.count'")
            cursor.execute("UPDATE effects_effect SET state = 'ready'")
        env = {**environment(), "OWED_CRASH_AT": point}
        assert subprocess.run([sys.executable, "-c", WORK], env=env, timeout=60, check=False).returncode == 137
        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_effect SET wake_at = clock_timestamp() WHERE state = 'running'")
        sweep()
        drain(within=30)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT visitor), count(*) FILTER (WHERE referrer <> '') FROM stats_view")
            [(views, readers, referred)] = cursor.fetchall()
        assert (views, readers, referred) == (50, 40, 30)
        assert numbers(None, now.date())[:2] == (views, readers)
        assert DailyReferrer.objects.get(post=None).views == referred


@pytest.mark.django_db
class TestAReport:
    def test_fills_the_days_and_compares_with_those_before(self, post: Post) -> None:
        for age, readers in ((0, 6), (6, 2), (7, 4), (13, 1), (14, 99)):
            at = NOW - timedelta(days=age)
            see(post, range(readers), at, host="example.com")
        for age in range(20):
            daily.count_day(TODAY - timedelta(days=age), NOW)
        found = report(7, NOW, post)
        assert [day.views for day in found.days] == [2, 0, 0, 0, 0, 0, 6]
        [views] = [total for total in found.totals if total.name == "views"]
        assert (views.now, views.before, views.percent) == (8, 5, 60)
        assert [(each.host, each.views) for each in found.referrers] == [("example.com", 8)]
        assert (found.direct, found.other) == (0, 0)
        assert [(each.post, each.views) for each in top_posts(7, NOW)] == [(post, 8)]

    def test_says_nothing_of_days_that_are_not_counted(self, post: Post) -> None:
        found = report(7, NOW)
        assert {day.views for day in found.days} == {None}
        assert {total.now for total in found.totals} == {None}
        assert (found.since, found.counted_at) == (None, None)

    def test_says_since_when_views_are_known_by_day(self, post: Post) -> None:
        for age in (0, 1, 40):
            daily.count_day(TODAY - timedelta(days=age), NOW)
        assert report(90, NOW).since == TODAY - timedelta(days=1)
        assert [day.views for day in report(90, NOW, post).days if day.likes is not None] == [None, 0, 0]
