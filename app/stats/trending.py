"""What is read now: a sum that fades.

score = sum over a week of weight x 0.5 ^ (age / 24 h), with weight 1 for a view, 4 for a like, 6 for a visible comment:
exponential decay as in Cormode, Shkapenyuk, Srivastava and Xu, "Forward decay" (ICDE 2009). The moment is passed in, so that
the same rows and the same moment give the same ranking.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from app.blog import versions
from app.blog.models import Post
from owed import clock
from owed.sql import hold, rows, run

RANK = """
INSERT INTO stats_trending (post_id, score, computed_at)
SELECT post_id, sum(weight * power(0.5, extract(epoch FROM %(now)s - at) / 86400.0)), %(now)s
FROM (
    SELECT post_id, 1.0 AS weight, seen_at AS at FROM stats_view
    UNION ALL SELECT post_id, 4.0, created_at FROM blog_like
    UNION ALL SELECT post_id, 6.0, created_at FROM blog_comment WHERE status = 'approved'
) AS signs JOIN blog_post ON blog_post.id = post_id AND blog_post.status = 'published'
WHERE at > %(now)s - interval '7 days' AND at <= %(now)s
GROUP BY post_id
"""


FIRST = "SELECT post_id FROM stats_trending ORDER BY score DESC, post_id DESC LIMIT %s"
SHOWN = 5


@transaction.atomic
def update_trending_posts(now: datetime | None = None) -> None:
    """Compute the whole ranking again, without what is not public or has faded. Pages that show it change with its order.

    `now` is the database's time where it is not given.
    """
    hold("stats:trending")
    before = rows(FIRST, [SHOWN])
    run("DELETE FROM stats_trending")
    run(RANK, {"now": now or clock.now()})
    if rows(FIRST, [SHOWN]) != before:
        versions.bump("trending")


def trending(limit: int = SHOWN) -> list[Post]:
    """Return public posts, the most read of these days first."""
    return list(Post.objects.listed().filter(trending__isnull=False).order_by("-trending__score", "-pk")[:limit])
