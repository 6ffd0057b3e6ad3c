"""Many views, deliveries and subscribers, written by the database itself."""

from __future__ import annotations

from django.db import connection

from app.blog.models import Post
from app.newsletter.models import Send

VIEWS = """
INSERT INTO stats_view (post_id, visitor, day, seen_at, referrer)
SELECT (%(posts)s::bigint[])[1 + floor(sqrt(random() * %(most)s * %(most)s))], decode(md5(n::text), 'hex'), at::date, at,
    CASE WHEN n %% 3 = 0 THEN '' ELSE 'h' || (n %% 900) || '.example' END
FROM generate_series(1, %(views)s) AS n, LATERAL (
    SELECT (CURRENT_DATE - (floor(power(random(), 2) * 28) + n * 0)::int) + interval '1 second' AS at) AS moment
ON CONFLICT DO NOTHING
"""
READERS = """
INSERT INTO newsletter_subscriber (email, name, state, token, source, tags, wants, consent_text, consent_ip_digest, created_at,
    confirmed_at, unsubscribed_at)
SELECT 'reader-' || n || '@example.org', '', CASE WHEN n %% 20 = 0 THEN 'unsubscribed' ELSE 'confirmed' END, md5(n::text),
    'page', '{}', '{}', '', '', at, at, CASE WHEN n %% 20 = 0 THEN at + interval '3 days' END
FROM generate_series(1, %(readers)s) AS n, LATERAL (
    SELECT now() - make_interval(mins => (random() * 60 * 24 * 300 + n * 0)::int) AS at) AS moment
"""
DELIVERIES = """
INSERT INTO newsletter_delivery (send_id, post_id, subscriber_id, state, finished_at, attempts, error, message_id)
SELECT %(send)s, %(post)s, id, 'sent', now() - make_interval(days => (id %% 20)::int), 1, '', 'm' || id
FROM newsletter_subscriber
"""


def fill(posts: list[Post], *, views: int, readers: int) -> None:
    """Write so many views of four weeks, and so many subscribers of whom each got the first post."""
    send = Send.objects.create(post=posts[0], round=2, state="finished")
    params = {"posts": [post.pk for post in posts], "most": len(posts), "views": views, "readers": readers}
    with connection.cursor() as cursor:
        cursor.execute(VIEWS, params)
        cursor.execute(READERS, params)
        cursor.execute(DELIVERIES, {"send": send.pk, "post": posts[0].pk})
        cursor.execute("ANALYZE stats_view")
