"""How long single deliveries and confirmations are kept. What became of a mailing as a whole stays with it, as its summary."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from app.mail.submission import OPEN, SubmissionState
from app.newsletter.models import Delivery, Send
from app.newsletter.models.send import WAITS
from owed import clock
from owed.purging import in_chunks
from owed.sql import rows

CHUNK = 1000
# What waits for a digest goes out with it. One that is in a digest is counted as what became of that one.
CLOSED = """
delivery.state <> ALL(%(open)s) AND NOT (delivery.state = 'digest' AND (delivery.digest_id IS NULL
    OR EXISTS (SELECT FROM newsletter_digest AS digest WHERE digest.id = delivery.digest_id AND digest.state = ANY(%(open)s))))
"""
# Of a chunk that a person's "send again" changes meanwhile, the outer condition leaves what is open by then.
REMOVE = f"""
WITH removed AS (
    DELETE FROM newsletter_delivery AS delivery WHERE {CLOSED} AND id IN (
        SELECT id FROM newsletter_delivery AS delivery WHERE send_id = %(send)s AND {CLOSED} ORDER BY id LIMIT %(chunk)s)
    RETURNING state, digest_id
)
SELECT CASE WHEN removed.state = 'digest' THEN digest.state ELSE removed.state END, count(*)
FROM removed LEFT JOIN newsletter_digest AS digest ON digest.id = removed.digest_id GROUP BY 1
"""  # noqa: S608 - no value is in it
FORGET_CONFIRMATIONS = """
DELETE FROM newsletter_confirmation WHERE id IN (
    SELECT id FROM newsletter_confirmation
    WHERE state NOT IN ('pending', 'submitting')
    AND coalesce(finished_at, created_at) < clock_timestamp() - make_interval(secs => %s)
    ORDER BY id LIMIT %s)
"""
# A copy that lost its digest would wait for another one.
FORGET_DIGESTS = """
DELETE FROM newsletter_digest WHERE id IN (
    SELECT id FROM newsletter_digest AS digest
    WHERE state NOT IN ('pending', 'submitting') AND created_at < clock_timestamp() - make_interval(secs => %s)
    AND NOT EXISTS (SELECT FROM newsletter_delivery AS delivery WHERE delivery.digest_id = digest.id)
    ORDER BY id LIMIT %s)
"""


def forget_deliveries(age: timedelta, *, chunk: int = CHUNK) -> int:
    """Remove the deliveries of mailings that ended so long ago, and add them to the mailing's summary.

    A mailing that goes on is left alone, whatever its age, and so is what was withheld: it goes out when its post is published
    again. What waits for a digest, or is in one that is not sent yet, stays too. Return how many rows went.
    """
    before, removed = clock.now() - age, 0
    closed = Delivery.objects.filter(send=OuterRef("pk")).exclude(state=SubmissionState.WITHHELD).exclude(WAITS)
    for pk in Send.objects.over(before).filter(Exists(closed)).order_by("pk").values_list("pk", flat=True):
        while number := _summarise(pk, before, chunk):
            removed += number
    return removed


def forget_digests(age: timedelta, *, chunk: int = CHUNK) -> int:
    """Remove digests that went out, or were given up, so long ago and whose copies are removed. Return how many rows went."""
    return in_chunks(FORGET_DIGESTS, age, chunk)


def forget_confirmations(age: timedelta, *, chunk: int = CHUNK) -> int:
    """Remove questions whose mail went out, or was given up, so long ago. Return how many rows went."""
    return in_chunks(FORGET_CONFIRMATIONS, age, chunk)


@transaction.atomic
def _summarise(send_id: int, before: datetime, chunk: int) -> int:
    # Removal and sum are one transaction: a delivery is counted once, from its row or from the summary.
    send = Send.objects.over(before).select_for_update(no_key=True).filter(pk=send_id).first()
    if send is None:
        return 0
    removed: dict[str, int] = dict(rows(REMOVE, {"open": [*OPEN, SubmissionState.WITHHELD], "send": send_id, "chunk": chunk}))
    send.summary = {state: send.summary.get(state, 0) + removed.get(state, 0) for state in {*send.summary, *removed}}
    send.save(update_fields=["summary"])
    return sum(removed.values())
