"""Page views. A request only records them in memory; a thread writes them within a second.

Killing a web process loses the views of its last second, and no others.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.blog.signals import post_viewed
from app.stats import effects
from app.stats.activity import Done, note
from app.stats.days import day_of
from app.stats.models import Verb
from app.stats.referrers import referrer
from app.stats.visitors import digest, is_reader
from owed import gather, owe
from owed.connections import heal_connection
from owed.sql import rows, run

logger = logging.getLogger(__name__)
FLUSH_EVERY = 0.8
MOST_KEPT = 50_000

# In one order, so that two processes that saw the same readers do not wait for each other; the lock lets a deletion end first.
INSERT = """
WITH posts AS (SELECT id FROM blog_post WHERE id = ANY(%s) AND status = 'published' ORDER BY id FOR KEY SHARE)
INSERT INTO stats_view (post_id, visitor, day, seen_at, referrer)
SELECT seen.post_id, seen.visitor, seen.day, seen.seen_at, seen.referrer
FROM unnest(%s::bigint[], %s::bytea[], %s::date[], %s::timestamptz[], %s::text[])
    AS seen (post_id, visitor, day, seen_at, referrer)
JOIN posts ON posts.id = seen.post_id
ORDER BY seen.post_id, seen.visitor, seen.day, seen.seen_at
ON CONFLICT DO NOTHING RETURNING post_id, day
"""
FOLD = """
WITH folded AS (
    UPDATE stats_view SET counted_at = clock_timestamp() WHERE post_id = ANY(%s) AND counted_at IS NULL RETURNING post_id
), counted AS (SELECT post_id, count(*) AS views FROM folded GROUP BY post_id)
UPDATE blog_post SET view_count = view_count + views FROM counted WHERE blog_post.id = counted.post_id
"""
COLUMNS = ("post_id", "visitor", "day", "seen_at", "referrer")
LOCK = "SELECT id FROM blog_post WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Seen:
    """One page view, before it is known whether it counts."""

    post_id: int
    visitor: bytes
    day: date
    seen_at: datetime
    user_id: int | None = None
    referrer: str = ""


class Buffer:
    """This process's views that are not written yet, and the thread that writes them."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=MOST_KEPT)
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, seen: Seen) -> None:
        self._seen.append(seen)
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="stats-views", daemon=True)
                    self._thread.start()

    def flush(self) -> None:
        """Write what was seen. Raises DatabaseError, and keeps everything for the next time."""
        batch = [self._seen.popleft() for _ in range(len(self._seen))]
        try:
            write(batch)
        except (DatabaseError, InterfaceError):
            self._seen.extendleft(reversed(batch))
            raise

    def _loop(self) -> None:
        while not self._stop.wait(FLUSH_EVERY):
            self._try_flush()
        self._try_flush()
        connection.close()

    def _try_flush(self) -> None:
        try:
            heal_connection()
            self.flush()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("views kept for later", extra={"views": len(self._seen), "reason": type(error).__name__})
            connection.close()
        except Exception:
            # The thread's one boundary: were it to end, no view of this process would be counted any more.
            logger.exception("views lost")

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """Write the rest, waiting two seconds at most."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join(2)


buffer = Buffer()
os.register_at_fork(after_in_child=buffer._reset)
atexit.register(buffer.close)


def see(request: HttpRequest, post: Post) -> bool:
    """Count a view of this post, unless it is by a bot, a prefetch, its author or staff. Return whether it was counted."""
    if not is_reader(request) or _is_ours(request.user, post):
        return False
    now = timezone.now()
    day = day_of(now)
    buffer.add(Seen(post.pk, digest(request, day), day, now, request.user.pk, referrer(request)))
    post_viewed.send(sender=Post, post=post, user=_user(request))
    return True


def _is_ours(user: User | AnonymousUser, post: Post) -> bool:
    """Return whether the person wrote the post, or is here to work on it."""
    return user.is_authenticated and (user.pk == post.author_id or user.can_watch(post))


def _user(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if request.user.is_authenticated else None


@transaction.atomic
def write(batch: list[Seen]) -> int:
    """Insert views, one for each visitor, post and day, and owe their counting. Return how many were new."""
    if not batch:
        return 0
    columns = [[getattr(seen, name) for seen in batch] for name in COLUMNS]
    new = rows(INSERT, [columns[0], *columns])
    note(Verb.POST_VIEW, [Done(seen.user_id, seen.post_id, seen.seen_at) for seen in batch if seen.user_id is not None])
    with gather():
        for post_id in sorted({post_id for post_id, _ in new}):
            owe(effects.fold.si(post_id=post_id), about=f"post:{post_id}")
            owe(effects.rank.si(post_id=post_id))
        for day in sorted({day for _, day in new}):
            owe(effects.count_soon(day))
    return len(new)


@transaction.atomic
def fold(post_ids: list[int]) -> None:
    """Add uncounted views to the posts' counts; one statement marks and counts a view, so it is never counted twice."""
    rows(LOCK, [post_ids])
    run(FOLD, [post_ids])
