"""What happened on each day, counted as a whole from the rows themselves: to count a day again changes nothing that is true.

A day's numbers outlive the rows that they came from. So a day is counted again only while all of its views are kept; of an
earlier one that was never counted, views and readers stay unknown. Statistics read other rooms' tables and import none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from app.stats import effects
from app.stats.days import DAY, begin, day_of
from app.stats.models import DailyCount
from app.stats.retention import VIEWS
from owed import gather, owe
from owed.sql import hold, run

BACK = 365
"""Days before today that are counted when they never were."""
HOSTS = 500
"""Hosts of a day that are kept by name: anyone can send any number of names."""

# A bound on seen_at lets the index find the day's rows; the day itself is the one that the visitor's digest belongs to.
VIEWS_OF_THE_DAY = """
FROM stats_view WHERE day = %(day)s AND seen_at >= %(start)s - interval '2 days' AND seen_at < %(end)s + interval '2 days'
"""
# The locks let a deletion of a post end first.
POSTS = f"""
WITH signs AS (
    SELECT post_id, count(*) AS views, 0 AS likes, 0 AS comments, 0 AS delivered {VIEWS_OF_THE_DAY} GROUP BY post_id
    UNION ALL SELECT post_id, 0, count(*), 0, 0 FROM blog_like
    WHERE created_at >= %(start)s AND created_at < %(end)s GROUP BY post_id
    UNION ALL SELECT post_id, 0, 0, count(*), 0 FROM blog_comment
    WHERE status = 'approved' AND created_at >= %(start)s AND created_at < %(end)s GROUP BY post_id
    UNION ALL SELECT post_id, 0, 0, 0, count(*) FROM newsletter_delivery
    WHERE state = 'sent' AND finished_at >= %(start)s AND finished_at < %(end)s GROUP BY post_id
    UNION ALL SELECT copy.post_id, 0, 0, 0, count(*)
    FROM newsletter_digest AS digest JOIN newsletter_delivery AS copy ON copy.digest_id = digest.id AND copy.state = 'digest'
    WHERE digest.state = 'sent' AND digest.finished_at >= %(start)s AND digest.finished_at < %(end)s GROUP BY copy.post_id
), counted AS MATERIALIZED (
    SELECT post_id, sum(views) AS views, sum(likes) AS likes, sum(comments) AS comments, sum(delivered) AS delivered
    FROM signs GROUP BY post_id
), posts AS (SELECT id FROM blog_post WHERE id IN (SELECT post_id FROM counted) ORDER BY id FOR KEY SHARE)
INSERT INTO stats_dailycount (post_id, day, views, readers, likes, comments, delivered, counted_at)
SELECT post_id, %(day)s, CASE WHEN %(known)s THEN views END, CASE WHEN %(known)s THEN views END,
    likes, comments, delivered, %(now)s
FROM counted JOIN posts ON posts.id = post_id
"""  # noqa: S608 - constants alone
SITE = f"""
INSERT INTO stats_dailycount (day, views, readers, likes, comments, delivered, gained, lost, subscribers, counted_at)
SELECT %(day)s, CASE WHEN %(known)s THEN posts.views END,
    CASE WHEN %(known)s THEN (SELECT count(DISTINCT visitor) {VIEWS_OF_THE_DAY}) END,
    posts.likes, posts.comments, posts.delivered, readers.gained, readers.lost, readers.subscribers, %(now)s
FROM (
    SELECT coalesce(sum(views), 0) AS views, coalesce(sum(likes), 0) AS likes, coalesce(sum(comments), 0) AS comments,
        coalesce(sum(delivered), 0) AS delivered
    FROM stats_dailycount WHERE day = %(day)s AND post_id IS NOT NULL
) AS posts, (
    SELECT count(*) FILTER (WHERE confirmed_at >= %(start)s AND confirmed_at < %(end)s) AS gained,
        count(*) FILTER (WHERE unsubscribed_at >= %(start)s AND unsubscribed_at < %(end)s) AS lost,
        count(*) FILTER (WHERE confirmed_at < %(end)s AND (state = 'confirmed' OR unsubscribed_at >= %(end)s)) AS subscribers
    FROM newsletter_subscriber WHERE confirmed_at IS NOT NULL
) AS readers
"""  # noqa: S608 - constants alone
REFERRERS = f"""
WITH seen AS MATERIALIZED (
    SELECT post_id, referrer, count(*) AS views {VIEWS_OF_THE_DAY} AND referrer <> '' GROUP BY post_id, referrer
), named AS (SELECT referrer FROM seen GROUP BY referrer ORDER BY sum(views) DESC, referrer LIMIT {HOSTS}),
posts AS (SELECT id FROM blog_post WHERE id IN (SELECT post_id FROM seen) ORDER BY id FOR KEY SHARE)
INSERT INTO stats_dailyreferrer (post_id, day, host, views)
SELECT post_id, %(day)s, coalesce(named.referrer, ''), sum(views)
FROM seen LEFT JOIN named USING (referrer) JOIN posts ON posts.id = post_id
GROUP BY GROUPING SETS ((post_id, coalesce(named.referrer, '')), (coalesce(named.referrer, '')))
"""  # noqa: S608 - constants alone
FORGET = ("DELETE FROM stats_dailycount WHERE day = %(day)s", "DELETE FROM stats_dailyreferrer WHERE day = %(day)s")


def owe_counts(now: datetime) -> int:
    """Owe a count of today, of yesterday, and of each of the 365 days before that has none. Return of how many days."""
    today = day_of(now)
    since = today - BACK * DAY
    known = set(DailyCount.objects.filter(post=None, day__gte=since).values_list("day", flat=True))
    days = [day for day in _days(since, today) if day >= today - DAY or day not in known]
    with transaction.atomic(), gather():
        for day in days:
            owe(effects.count.si(day=day.isoformat()))
    return len(days)


def count_days(days: Iterable[str], now: datetime) -> None:
    """Count each of these days, given in ISO 8601."""
    for day in sorted(set(days)):
        count_day(date.fromisoformat(day), now)


@transaction.atomic
def count_day(day: date, now: datetime) -> bool:
    """Count what happened on the day, in place of what was counted before. Return whether it could be counted.

    Not a day to come, nor one of which only a part of its views is kept.
    """
    hold(f"stats:day:{day}")
    start, known = begin(day), is_whole(day, now)
    if start > now or (not known and DailyCount.objects.filter(post=None, day=day).exists()):
        return False
    params: dict[str, Any] = {"day": day, "start": start, "end": begin(day + DAY), "known": known, "now": now}
    for statement in (*FORGET, POSTS, SITE, *([REFERRERS] if known else [])):
        run(statement, params)
    return True


def is_whole(day: date, now: datetime) -> bool:
    """Return whether every view of the day is kept: with a day to spare, as some are removed while others are counted."""
    return begin(day) >= now - VIEWS + timedelta(days=1)


def _days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]
