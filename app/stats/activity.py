"""A reader's own history: kept for a while, given out whole, gone with the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from app.stats.models import Activity, Verb

TRACK = """
INSERT INTO stats_activity (user_id, verb, post_id, day, created_at)
SELECT accounts_user.id, %s, blog_post.id, %s, %s FROM accounts_user, blog_post
WHERE accounts_user.id = %s AND blog_post.id = %s
ON CONFLICT DO NOTHING
"""


def track(verb: str, *, post_id: int, user_id: int, at: datetime) -> bool:
    """Note what a reader did, once for each verb, post and day. Return whether it was new. Raises ValueError."""
    with connection.cursor() as cursor:
        cursor.execute(TRACK, [Verb(verb).value, at.date(), at, user_id, post_id])
        return bool(cursor.rowcount == 1)


def export(user_id: int) -> list[dict[str, Any]]:
    """Return all that is kept about this reader, oldest first."""
    kept = Activity.objects.filter(user_id=user_id).order_by("pk").values("verb", "post_id", "created_at")
    return [dict(row) for row in kept]


def erase(user_id: int) -> int:
    """Remove all that is kept about this reader. Return how many rows went."""
    removed, _ = Activity.objects.filter(user_id=user_id).delete()
    return removed
