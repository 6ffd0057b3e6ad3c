"""The law that nothing vanishes: for each post and send, owed = done + failed + suppressed + skipped + unknown + pending.

A post's effects may also have been discarded by a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from app.audit import publication
from app.blog.models import Post
from app.blog.status import OUT
from app.mail.submission import OPEN, SubmissionState
from app.newsletter import effects
from app.newsletter.models import Digest, Send
from app.newsletter.models.states import STATES
from app.webhooks import effects as webhooks
from app.webhooks.models import Call, CallState
from owed.models import Effect
from owed.sql import rows

# Rows that are pending although no unfinished effect names them: nothing would ever send these. A paused mailing owes them when
# it is resumed.
FORGOTTEN = """
SELECT send_id, count(*) FROM newsletter_delivery WHERE state IN ('pending', 'submitting') AND id NOT IN (
    SELECT jsonb_array_elements_text(args -> 'delivery_ids')::bigint FROM effects_effect
    WHERE finished_at IS NULL AND task = ANY(%s))
AND send_id NOT IN (SELECT id FROM newsletter_send WHERE paused_at IS NOT NULL)
GROUP BY send_id
"""
UNSENT = """
SELECT period::text, count(*) FROM newsletter_digest WHERE state IN ('pending', 'submitting') AND id NOT IN (
    SELECT jsonb_array_elements_text(args -> 'digest_ids')::bigint FROM effects_effect
    WHERE finished_at IS NULL AND task = ANY(%s))
GROUP BY period
"""
# Longer than a whole period. Readers who move or change their choice in it may wait longer than a day for a daily digest: so
# those count only where none was made for anyone.
UNGATHERED = """
SELECT count(*) FROM newsletter_delivery AS delivery JOIN newsletter_send AS send ON send.id = delivery.send_id
JOIN blog_post AS post ON post.id = delivery.post_id
LEFT JOIN newsletter_subscriber AS reader ON reader.id = delivery.subscriber_id
WHERE delivery.state = 'digest' AND delivery.digest_id IS NULL AND post.status = ANY(%(out)s) AND send.paused_at IS NULL
AND greatest(send.created_at, send.starts_at, send.kept_back_at) < clock_timestamp() - CASE
    WHEN reader.frequency <> 'weekly' AND NOT EXISTS (SELECT FROM newsletter_digest AS digest
        WHERE digest.created_at > clock_timestamp() - interval '3 days') THEN interval '3 days'
    ELSE interval '10 days' END
"""
STUCK = """
SELECT id FROM newsletter_send WHERE state = 'expanding' AND id NOT IN (
    SELECT (args ->> 'send_id')::bigint FROM effects_effect WHERE finished_at IS NULL AND task = ANY(%s))
"""


UNCALLED = """
SELECT account_id, count(*) FROM webhooks_call WHERE state = 'pending' AND id NOT IN (
    SELECT (args ->> 'call_id')::bigint FROM effects_effect WHERE finished_at IS NULL AND task = ANY(%s))
GROUP BY account_id
"""
UNSPREAD = """
SELECT count(*) FROM webhooks_happening WHERE id NOT IN (
    SELECT (args ->> 'happening_id')::bigint FROM effects_effect WHERE finished_at IS NULL AND task = ANY(%s))
"""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What one subject owed, what became of it, and what is wrong with that."""

    about: str
    owed: int
    parts: dict[str, int]
    wrong: tuple[str, ...] = ()
    post_id: int | None = None
    send_id: int | None = None

    @property
    def accounted(self) -> int:
        return sum(self.parts.values())

    @property
    def balances(self) -> bool:
        return self.owed == self.accounted

    def __str__(self) -> str:
        return f"{self.owed} owed = {' + '.join(f'{number} {state}' for state, number in self.parts.items()) or '0'}"


def total(balances: Iterable[Balance]) -> Balance:
    """Return the sum of these balances."""
    owed, parts = 0, Counter[str]()
    for balance in balances:
        owed += balance.owed
        parts.update(balance.parts)
    return Balance(about="all", owed=owed, parts=dict(parts))


def sends() -> Iterator[Balance]:
    forgotten, stuck = _forgotten(), _stuck()
    counted = {str(state): Count("deliveries", filter=Q(deliveries__state=state)) for state in STATES}
    for send in Send.objects.annotate(**counted).order_by("pk").iterator(1000):
        parts = {state: getattr(send, state) + send.summary.get(state, 0) for state in counted}
        wrong = _wrong_of(send, parts, forgotten.get(send.pk, 0))
        if send.pk in stuck:
            wrong.append("it is expanding, and no page is owed")
        yield Balance(
            about=f"send:{send.pk} of post:{send.post_id}",
            owed=send.candidates,
            parts=parts,
            wrong=tuple(wrong),
            post_id=send.post_id,
            send_id=send.pk,
        )


def _wrong_of(send: Send, parts: dict[str, int], forgotten: int) -> list[str]:
    wrong = []
    accounted, still_open = sum(parts.values()), sum(parts[state] for state in OPEN)
    if send.candidates != accounted:
        wrong.append(f"{send.candidates} candidates, {accounted} accounted for")
    if send.state == Send.State.FINISHED and still_open:
        wrong.append(f"it is finished, and {still_open} are open")
    if forgotten:
        wrong.append(f"{forgotten} wait, and no effect is owed that sends them")
    return wrong


def digests() -> Iterator[Balance]:
    """Yield the digests of each day, and what waits for none. What they hold is counted in the mailings of its posts."""
    [[ungathered]] = rows(UNGATHERED, {"out": [str(status) for status in OUT]})
    if ungathered:
        missing = f"{ungathered} copies wait, and no digest was made that has them"
        yield Balance(about="digests", owed=ungathered, parts={"waiting": ungathered}, wrong=(missing,))
    unsent = dict(rows(UNSENT, [effects.digests.names]))
    counted = {str(state): Count("pk", filter=Q(state=state)) for state in SubmissionState.values}
    for period, *numbers in Digest.objects.values_list("period").annotate(**counted).order_by("period"):
        forgotten = unsent.get(str(period), 0)
        wrong = (f"{forgotten} wait, and no effect is owed that sends them",) if forgotten else ()
        parts = dict(zip(counted, map(int, numbers), strict=True))
        yield Balance(about=f"digests:{period}", owed=sum(parts.values()), parts=parts, wrong=wrong)


def calls() -> Iterator[Balance]:
    """Yield the calls to each webhook about events, and what happened that became none yet."""
    uncalled = dict(rows(UNCALLED, [webhooks.call.names]))
    [[unspread]] = rows(UNSPREAD, [webhooks.spread.names])
    counted = {str(state): Count("pk", filter=Q(state=state)) for state in CallState.values}
    for account_id, *numbers in Call.objects.values_list("account_id").annotate(**counted).order_by("account_id"):
        parts = dict(zip(counted, map(int, numbers), strict=True))
        forgotten = uncalled.get(account_id, 0)
        wrong = (f"{forgotten} wait, and no effect is owed that makes them",) if forgotten else ()
        yield Balance(about=f"account:{account_id}", owed=sum(parts.values()), parts=parts, wrong=wrong)
    if unspread:
        wrong = (f"{unspread} events wait, and no effect is owed that spreads them",)
        yield Balance(about="events", owed=unspread, parts={"pending": unspread}, wrong=wrong)


def posts() -> Iterator[Balance]:
    """Yield each post's effects by outcome, and what its publication never owed."""
    owed = _effects_by_post()
    missing = never_owed(timezone.now() - settings.OWED_RETENTION)
    for pk, about in sorted((int(about.partition(":")[2]), about) for about in {*owed, *missing}):
        parts = owed.get(about, {"done": 0, "failed": 0, "pending": 0})
        wrong = tuple(f"{task} was never owed" for task in missing.get(about, []))
        yield Balance(about=about, owed=sum(parts.values()) + len(wrong), parts=parts, wrong=wrong, post_id=pk)


def _effects_by_post() -> dict[str, dict[str, int]]:
    rows = Effect.objects.filter(about__startswith="post:").values("about").order_by("about")
    counted = rows.annotate(
        done=Count("pk", filter=Q(state="done")),
        failed=Count("pk", filter=Q(state="dead")),
        pending=Count("pk", filter=Q(finished_at=None)),
        discarded=Count("pk", filter=Q(state="discarded")),
    )
    return {row["about"]: _parts(dict(row)) for row in counted}


def _parts(row: Mapping[str, Any]) -> dict[str, int]:
    """Return what became of a post's effects; what a person discarded is named only where there is some."""
    always = ("done", "failed", "pending")
    return {part: row[part] for part in (*always, "discarded") if row[part] or part in always}


def never_owed(since: datetime) -> dict[str, list[str]]:
    """Return the effects that a post published since then should have owed and did not, by subject."""
    published = Post.objects.public().filter(published_at__gt=since).values_list("pk", "published_at")
    at = {f"post:{pk}": published_at for pk, published_at in published}
    first: dict[str, dict[str, datetime]] = {about: {} for about in at}
    names = publication.names()
    owed = Effect.objects.filter(about__in=at, task__in=names).order_by("-pk")
    for about, task, created_at in owed.values_list("about", "task", "created_at").iterator(5000):
        first[about][names[task]] = created_at
    missing = {about: sorted(_expected(at[about], tasks) - set(tasks)) for about, tasks in first.items()}
    return {about: tasks for about, tasks in missing.items() if tasks}


def _expected(published_at: datetime | None, owed: dict[str, datetime]) -> frozenset[str]:
    """Return the tasks of a publication; a post that was already old is not announced."""
    began = min(owed.values(), default=timezone.now())
    # The switchboard looked a moment before the row was written.
    is_news = published_at is not None and published_at > began - settings.ANNOUNCE_WITHIN + timedelta(minutes=1)
    return publication.ALWAYS | publication.ANNOUNCED if is_news else publication.ALWAYS


def _forgotten() -> dict[int, int]:
    return dict(rows(FORGOTTEN, [effects.deliver.names]))


def _stuck() -> set[int]:
    return {post_id for (post_id,) in rows(STUCK, [effects.page.names])}
