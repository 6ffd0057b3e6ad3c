"""Digests that are due: the posts that wait for each reader become one mail, once in a reader's day or week."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from app.blog import planned
from app.blog.status import OUT
from app.mail.addresses import domain_of
from app.newsletter import effects
from app.newsletter.models import Send, Subscriber
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.states import DIGESTS
from app.newsletter.periods import Slot, last_slot
from owed import acting, clock, gather, owe, sql

OUT_STATES = [str(status) for status in OUT]
PAGE = 500
CHUNK = 50
"""Digests in one effect. Each is rendered and settled by itself; what a run has no time for, the next one sends."""
TOO_LATE = "its digest was due more than a week ago"

# Time zones are worked out in Python: PostgreSQL may know fewer, and one name that it does not know would stop all digests.
KINDS = """
SELECT DISTINCT reader.time_zone, reader.frequency
FROM newsletter_delivery AS delivery JOIN newsletter_subscriber AS reader ON reader.id = delivery.subscriber_id
WHERE delivery.state = 'digest' AND delivery.digest_id IS NULL ORDER BY 1, 2
"""
CLOSE_ORPHANS = """
UPDATE newsletter_delivery AS delivery SET state = 'skipped', finished_at = clock_timestamp(), error = left(coalesce(
    (SELECT 'the reader is ' || reader.state FROM newsletter_subscriber AS reader WHERE reader.id = delivery.subscriber_id),
    'the reader was erased'), 200)
WHERE delivery.state = 'digest' AND delivery.digest_id IS NULL AND NOT EXISTS (
    SELECT FROM newsletter_subscriber AS reader WHERE reader.id = delivery.subscriber_id AND reader.state = %(confirmed)s)
"""
MAY_LEAVE = """
send.paused_at IS NULL AND (send.starts_at IS NULL OR send.starts_at <= %(now)s)
    AND EXISTS (SELECT FROM blog_post AS post WHERE post.id = send.post_id AND post.status = ANY(%(out)s))
"""
# A post that is withdrawn for a month was not missed: its age counts from when it was last seen to be kept back. To the hour.
KEEP_BACK = f"""
UPDATE newsletter_send SET kept_back_at = %(now)s WHERE id IN (
    SELECT send.id FROM newsletter_send AS send
    WHERE (send.kept_back_at IS NULL OR send.kept_back_at < %(now)s - interval '1 hour') AND NOT ({MAY_LEAVE})
    AND EXISTS (SELECT FROM newsletter_delivery AS delivery
        WHERE delivery.send_id = send.id AND delivery.state = 'digest' AND delivery.digest_id IS NULL)
    ORDER BY send.id FOR NO KEY UPDATE OF send SKIP LOCKED)
"""  # noqa: S608 - no value is in it
WAITS_SINCE = "greatest(send.created_at, send.kept_back_at)"
CLOSE_LATE = f"""
UPDATE newsletter_delivery AS delivery SET state = 'skipped', finished_at = clock_timestamp(),
    error = CASE WHEN {WAITS_SINCE} < %(missed_before)s THEN %(too_late)s ELSE 'the reader is on pause' END
FROM newsletter_subscriber AS reader, newsletter_send AS send
WHERE delivery.state = 'digest' AND delivery.digest_id IS NULL AND reader.id = delivery.subscriber_id
AND send.id = delivery.send_id AND reader.time_zone = %(time_zone)s AND reader.frequency = %(frequency)s
AND ({WAITS_SINCE} < %(missed_before)s OR (reader.paused_until > %(now)s AND send.created_at < %(due_at)s)) AND {MAY_LEAVE}
"""  # noqa: S608 - no value is in it
WAITING = f"""
delivery.state = 'digest' AND delivery.digest_id IS NULL
    AND EXISTS (SELECT FROM newsletter_send AS send
        WHERE send.id = delivery.send_id AND send.created_at < %(due_at)s AND {MAY_LEAVE})
"""
# A digest of this day or a later one was made already where the reader moved to another time zone, or clocks were put back.
MAKE = f"""
WITH due AS (
    SELECT reader.id, reader.token FROM newsletter_subscriber AS reader
    WHERE reader.state = %(confirmed)s AND reader.time_zone = %(time_zone)s AND reader.frequency = %(frequency)s
    AND (reader.paused_until IS NULL OR reader.paused_until <= %(now)s)
    AND NOT EXISTS (SELECT FROM newsletter_digest AS digest
        WHERE digest.subscriber_id = reader.id AND digest.period >= %(period)s)
    AND EXISTS (SELECT FROM newsletter_delivery AS delivery WHERE delivery.subscriber_id = reader.id AND {WAITING})
    ORDER BY reader.id LIMIT %(page)s FOR NO KEY UPDATE OF reader SKIP LOCKED
), made AS (
    INSERT INTO newsletter_digest (subscriber_id, period, frequency, state, message_id, attempts, error, created_at)
    SELECT id, %(period)s, %(frequency)s, 'pending',
        '<' || left(encode(sha256(convert_to(%(named)s || token, 'UTF8')), 'hex'), 32) || '@' || %(domain)s || '>',
        0, '', clock_timestamp()
    FROM due
    ON CONFLICT (subscriber_id, period) DO NOTHING
    RETURNING id, subscriber_id
), filled AS (
    UPDATE newsletter_delivery AS delivery SET digest_id = made.id FROM made
    WHERE delivery.subscriber_id = made.subscriber_id AND {WAITING}
)
SELECT id FROM made ORDER BY id
"""  # noqa: S608 - no value is in it
# The original of a restored database may have sent what waited when the backup was made.
FROM_BEFORE = """
SELECT DISTINCT delivery.digest_id
FROM newsletter_delivery AS delivery JOIN newsletter_send AS send ON send.id = delivery.send_id
WHERE delivery.digest_id = ANY(%s) AND send.created_at <= %s ORDER BY 1
"""
RESTORED = acting.Decision(by="restore", reason="restored from a backup")


def make_due(now: datetime | None = None) -> int:
    """Make the digests that are due, and owe their mails. Return how many. `now` is the database's time if it is not given.

    Safe to do twice, and at the same time: there is one digest for each reader and day, and a copy is in one digest at most.
    """
    now, made = now or clock.now(), 0
    _finish_begun()
    _close(KEEP_BACK, {"now": now, "out": OUT_STATES})
    _close(CLOSE_ORPHANS, {"confirmed": Subscriber.State.CONFIRMED})
    for time_zone, frequency in sql.rows(KINDS):
        slot = last_slot(now, time_zone, weekly=frequency == Frequency.WEEKLY)
        values = _values(slot, now, time_zone, frequency)
        _close(CLOSE_LATE, values)
        while ids := _make(values):
            made += len(ids)
    return made


def _values(slot: Slot, now: datetime, time_zone: str, frequency: str) -> dict[str, Any]:
    return {
        **vars(slot), "now": now, "time_zone": time_zone, "frequency": frequency, "page": PAGE, "too_late": TOO_LATE,
        "confirmed": Subscriber.State.CONFIRMED, "out": OUT_STATES,
        "named": f"digest {slot.period} ", "domain": domain_of(settings.DEFAULT_FROM_EMAIL),
    }  # fmt: skip


def _finish_begun() -> None:
    """Say that mailings are over which waited to begin, and have only digests to fill. All others end with their last mail."""
    begun = Send.objects.filter(state=Send.State.SENDING, paused_at=None, starts_at__lte=Now())
    for send in begun.order_by("pk"):
        send.finish()


@transaction.atomic
def _close(statement: str, values: dict[str, Any]) -> None:
    """Close copies whose digest never comes, so that each is accounted for, or note which are kept back."""
    # One at a time: two that update the same rows in another order would wait for each other.
    sql.hold(DIGESTS)
    sql.run(statement, values)


@transaction.atomic
def _make(values: dict[str, Any]) -> list[int]:
    sql.hold(DIGESTS)
    ids = [pk for (pk,) in sql.rows(MAKE, values)]
    before = _from_before(ids)
    _owe(sorted(set(ids) - set(before)), values)
    if held := _owe(before, values):
        acting.HOLD.act_on(held, RESTORED)
    return ids


def _owe(ids: list[int], values: dict[str, Any]) -> list[int]:
    with gather() as owed:
        for start in range(0, len(ids), CHUNK):
            owe(effects.digests.si(digest_ids=ids[start : start + CHUNK]), about=f"digests:{values['period']}")
    return owed.ids


def _from_before(ids: list[int]) -> list[int]:
    """Return the digests with a mailing from before this database was restored from a backup: a person releases them."""
    restored_at = planned.restored_at()
    return [pk for (pk,) in sql.rows(FROM_BEFORE, [ids, restored_at])] if restored_at else []
