"""A reader's own history: kept for a while, given out whole, gone with the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.accounts.models import User
from app.blog.models import Post
from app.stats.models import Activity, Verb
from owed import clock
from owed.sql import run

# In one order, as two processes may note the same at once; the locks let a deletion end first.
NOTE = """
WITH posts AS (SELECT id FROM blog_post WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE),
people AS (SELECT id FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE)
INSERT INTO stats_activity (user_id, verb, post_id, day, created_at)
SELECT done.user_id, %s, done.post_id, done.day, done.at
FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::timestamptz[]) AS done (user_id, post_id, day, at)
JOIN posts ON posts.id = done.post_id JOIN people ON people.id = done.user_id
ORDER BY done.user_id, done.post_id, done.day, done.at
ON CONFLICT DO NOTHING
"""


class Done(NamedTuple):
    user_id: int
    post_id: int
    at: datetime


def track_user_activity(user: User | int | None, verb: str, post: Post | int, *, at: datetime | None = None) -> bool:
    """Note what a signed-in reader did, once for each verb, post and day. Return whether it was new. Raises ValueError.

    A visitor without an account leaves no trace here. `at` is the database's time where it is not given.
    """
    if user is None:
        return False
    user_id, post_id = (subject if isinstance(subject, int) else subject.pk for subject in (user, post))
    return note(verb, [Done(user_id, post_id, at or clock.now())]) == 1


def note(verb: str, done: Sequence[Done]) -> int:
    """Record what many users did, in one statement. Return how much of it was new. Raises ValueError."""
    known = Verb(verb).value
    if not done:
        return 0
    people, posts, times = [each.user_id for each in done], [each.post_id for each in done], [each.at for each in done]
    return run(NOTE, [posts, people, known, people, posts, [at.date() for at in times], times])


def export(user_id: int) -> list[dict[str, Any]]:
    """Return all that is kept about this reader, oldest first."""
    kept = Activity.objects.filter(user_id=user_id).order_by("pk").values("verb", "post_id", "created_at")
    return [dict(row) for row in kept]


def erase(user_id: int) -> int:
    """Remove all that is kept about this reader. Return how many rows went."""
    removed, _ = Activity.objects.filter(user_id=user_id).delete()
    return removed
