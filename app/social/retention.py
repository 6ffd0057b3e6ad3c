"""How long it is kept what networks were given. What may still have to be edited or withdrawn there is kept."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from owed import sql

# A row that is sent or failed follows its post, as long as post and account are there; one that is withdrawn is shared again
# when its post is published again. One that waits is never removed.
FORGET = """
DELETE FROM social_socialpost WHERE id IN (
    SELECT share.id FROM social_socialpost share JOIN social_account account ON account.id = share.account_id
    WHERE coalesce(share.settled_at, share.created_at) < clock_timestamp() - make_interval(secs => %(age)s)
    AND (
        share.state = 'skipped' AND share.remote_id = ''
        OR share.state IN ('withdrawn', 'unknown') AND NOT EXISTS (SELECT FROM blog_post WHERE blog_post.id = share.post_id)
        OR share.state IN ('sent', 'failed', 'unknown', 'withdrawn')
            AND account.removed_at < clock_timestamp() - make_interval(secs => %(age)s)
    )
    ORDER BY share.id LIMIT %(chunk)s)
"""


def forget_shares(age: timedelta, *, chunk: int = 1000) -> int:
    """Remove what ended so long ago and owes nothing any more. Return how many rows went.

    Never younger than a post is shared for the first time: without its row it would be shared again.
    """
    age = max(age, settings.ANNOUNCE_WITHIN + timedelta(days=1))
    removed, last = 0, chunk
    while last == chunk:
        last = sql.run(FORGET, {"age": age.total_seconds(), "chunk": chunk})
        removed += last
    return removed
