"""The rows of a mailing that a worker has in hand: settled and taken in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from app.blog.status import OUT
from app.mail.compiled import Addressee
from app.mail.submission import SubmissionState
from app.newsletter.editions import Version
from app.newsletter.models import Subscriber
from owed import sql

# One statement and one commit for both, as each costs a wait for the disk. Who reads, whether the post is public, and whether
# the mailing goes on is asked as the rows are taken. Subqueries on other tables only: a join would make the row's own state a
# part of the snapshot, and let two workers take it. They return a value, as EXISTS would be planned as a join: for a mailing
# that was written a moment ago, with no statistics yet, that one read all subscribers for each row. The states are compared as
# expressions, so that rows are found by their ids and not by a partial index of all that is open.
SETTLE_AND_TAKE = """
WITH outcome AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(attempts)s::int[], %(states)s::text[], %(errors)s::text[])
        AS each (id, attempt, state, error)
), settled AS (
    UPDATE newsletter_delivery AS delivery SET state = outcome.state, error = outcome.error,
        finished_at = CASE WHEN outcome.state = 'pending' THEN NULL ELSE clock_timestamp() END
    FROM outcome
    WHERE delivery.id = ANY(%(ids)s::bigint[]) AND delivery.id = outcome.id AND delivery.attempts = outcome.attempt
    AND delivery.state || '' IN ('submitting', 'unknown')
), taken AS (
    UPDATE newsletter_delivery AS delivery SET state = 'submitting', attempts = delivery.attempts + 1,
        submitted_at = clock_timestamp(), error = '', journal = %(journal)s
    WHERE delivery.id = ANY(%(next)s::bigint[]) AND delivery.state || '' = 'pending'
    AND (SELECT reader.state = %(confirmed)s AND (reader.paused_until IS NULL OR reader.paused_until <= statement_timestamp())
        FROM newsletter_subscriber AS reader WHERE reader.id = delivery.subscriber_id)
    AND (SELECT post.status = ANY(%(out)s) FROM blog_post AS post WHERE post.id = delivery.post_id)
    AND (SELECT send.paused_at IS NULL AND (send.starts_at IS NULL OR send.starts_at <= statement_timestamp())
        FROM newsletter_send AS send WHERE send.id = delivery.send_id)
    RETURNING id, attempts, message_id, post_id, subscriber_id, send_id
)
SELECT taken.id, taken.attempts, clock_timestamp(), reader.email, reader.name, reader.token, taken.message_id,
    taken.post_id, post.guid, post.updated_at, post.status, send.subject, send.preview
FROM taken JOIN newsletter_subscriber AS reader ON reader.id = taken.subscriber_id
JOIN blog_post AS post ON post.id = taken.post_id JOIN newsletter_send AS send ON send.id = taken.send_id
ORDER BY taken.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one attempt. A row that was not begun, or was refused for now, is pending again."""

    id: int
    attempt: int
    state: SubmissionState
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A row in hand, what it is to send, and when it was taken."""

    id: int
    attempt: int
    version: Version
    at: datetime
    reader: Addressee

    def became(self, state: SubmissionState, error: str = "") -> Outcome:
        return Outcome(id=self.id, attempt=self.attempt, state=state, error=error)


def settle_and_take(outcomes: Sequence[Outcome], following: Sequence[int], *, journal: str) -> list[Taken]:
    """Store these outcomes, each unless another attempt took the row since, and take what is wanted of the following."""
    values = {
        "ids": [each.id for each in outcomes],
        "attempts": [each.attempt for each in outcomes],
        "states": [str(each.state) for each in outcomes],
        "errors": [each.error[:200] for each in outcomes],
        "next": sql.array(following),
        "journal": journal,
        "confirmed": str(Subscriber.State.CONFIRMED),
        "out": [str(status) for status in OUT],
    }
    return [_taken(row) for row in sql.rows(SETTLE_AND_TAKE, values)]


def largest() -> int:
    """Return how many rows a worker may have in hand where it keeps a journal."""
    return int(settings.MAIL_WINDOW)


class Pace:
    """How many rows this process takes at a time: twice as many after each good window, one after trouble."""

    def __init__(self) -> None:
        self.size = 1

    def faster(self) -> None:
        self.size = min(self.size * 2, largest())

    def slow(self) -> None:
        self.size = 1


PACE = Pace()


def _taken(row: tuple[Any, ...]) -> Taken:
    pk, attempt, at, email, name, token, message_id, post_id, guid, updated_at, status, subject, preview = row
    reader = Addressee(email=email, name=name, token=token, message_id=message_id)
    version = Version(post_id=post_id, guid=guid, updated_at=updated_at, status=status, subject=subject, preview=preview)
    return Taken(id=pk, attempt=attempt, version=version, at=at, reader=reader)
