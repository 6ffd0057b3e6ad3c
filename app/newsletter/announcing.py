"""A public post becomes a send, and a send becomes one delivery for each reader, page by page."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from app.blog.errors import NotPublished, PostGone
from app.blog.models import Post
from app.blog.placement import locked, placement_of
from app.blog.status import OUT
from app.mail.addresses import domain_of
from app.mail.submission import SubmissionState
from app.newsletter import choices, effects
from app.newsletter.audience import EVERYONE, Audience, subscribers_of
from app.newsletter.certificate import content_digest
from app.newsletter.errors import NeverMailed, NothingWithheld, NotTheNext, StillMailing
from app.newsletter.models import Delivery, MailingChoice, MailingSettings, Send, Subscriber
from app.newsletter.models.states import GOT
from app.newsletter.signals import mailing_started
from owed import clock, gather, owe

# Readers in one transaction: few enough that a crash repeats little, and that no lock is held for long.
PAGE = 500

# The Message-ID is made of what the mailing and the reader keep for life: a database restored from a backup makes the same
# again, so that mailboxes and relays can tell a repetition, and never the same for another post or reader.
EXPAND = """
WITH page AS (
    SELECT id, token, frequency FROM newsletter_subscriber
    WHERE state = %(confirmed)s AND id > %(after)s AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s))
    AND (wants = '{}' OR wants && %(scopes)s::varchar[]) AND (paused_until IS NULL OR paused_until <= statement_timestamp())
    ORDER BY id LIMIT %(page)s
), had AS (
    SELECT DISTINCT page.id FROM page JOIN newsletter_delivery AS earlier ON earlier.subscriber_id = page.id
    LEFT JOIN newsletter_digest AS digest ON digest.id = earlier.digest_id
    WHERE %(round)s > 1 AND earlier.post_id = %(post)s AND earlier.send_id <> %(send)s
    AND CASE WHEN earlier.state = 'digest' THEN coalesce(digest.state, 'pending') = ANY(%(got)s)
        ELSE page.frequency <> 'each' AND earlier.state = ANY(%(got)s) END
), made AS (
    INSERT INTO newsletter_delivery (send_id, post_id, subscriber_id, message_id, attempts, state, error, finished_at)
    SELECT %(send)s, %(post)s, id,
        '<' || left(encode(sha256(convert_to(%(mailing)s || token, 'UTF8')), 'hex'), 32) || '@' || %(domain)s || '>', 0,
        CASE WHEN id IN (SELECT id FROM had) THEN %(skipped)s WHEN frequency = 'each' THEN %(pending)s ELSE 'digest' END,
        CASE WHEN id IN (SELECT id FROM had) THEN %(why)s ELSE '' END,
        CASE WHEN id IN (SELECT id FROM had) THEN clock_timestamp() END
    FROM page
    ON CONFLICT (send_id, subscriber_id) DO NOTHING
    RETURNING id, state
)
SELECT (SELECT max(id) FROM page), (SELECT count(*) FROM page), (SELECT count(*) FROM made),
    ARRAY(SELECT id FROM made WHERE state = %(pending)s ORDER BY id)
"""


@transaction.atomic
def send_publication_notifications(post: Post | int, *, now: datetime | None = None) -> Send | None:
    """Open the send of a post that has just become public; workers do the rest. Once only, and not for old posts.

    A send that was interrupted, as the post was withdrawn, goes on. None where it was decided that the post is not mailed.
    `now` is the database's time where it is not given.
    """
    post_id, now = post if isinstance(post, int) else post.pk, now or clock.now()
    newly = Post.objects.filter(status__in=OUT, published_at__gt=now - settings.ANNOUNCE_WITHIN)
    # Locked, as by a worker that withholds a mail meanwhile: one of the two waits for the other.
    if newly.filter(pk=post_id).select_for_update(of=("self",), no_key=True).first() is None:
        return None
    choice = choices.choice_for(post_id)
    if not choice.is_mailed:
        return None
    for interrupted in Send.objects.filter(post_id=post_id).order_by("round"):
        interrupted.reopen(SubmissionState.WITHHELD)
    return _open(choice, 1, now)


@transaction.atomic
def mail_the_rest(send_id: int) -> int:
    """Mail a public post to the readers from whom it was withheld, because a user asks for it. Return how many.

    Raises PostGone, NotPublished, and NothingWithheld.
    """
    send = Send.objects.filter(pk=send_id).first()
    post = locked(send.post_id) if send else None
    if send is None or post is None:
        raise PostGone
    if not post.is_out:
        raise NotPublished
    number = send.reopen(SubmissionState.WITHHELD)
    if not number:
        raise NothingWithheld
    return number


@transaction.atomic
def announce_again(
    post_id: int,
    number: int,
    *,
    by: int | None,
    now: datetime,
    audience: Audience = EVERYONE,
    subject: str = "",
    preview: str = "",
) -> Send:
    """Mail a public post once more, because a user asks for the round of this number. The first is 1, where none was mailed.

    Raises PostGone, NotPublished, NeverMailed, StillMailing, and NotTheNext where another user was quicker.
    """
    post = locked(post_id)
    if post is None:
        raise PostGone
    if not post.is_out:
        raise NotPublished
    if number != 1 or Send.objects.filter(post_id=post_id).exists():
        _follow(last_of(post_id), number)
    # They are among the readers of the new round: no later publication mails them the old one as well.
    withheld = Delivery.objects.filter(post_id=post_id, state=SubmissionState.WITHHELD)
    withheld.update(state=SubmissionState.SKIPPED, error="mailed again as a whole")
    facts = {"filters": dict(audience.filters), "audience": audience.name, "subject": subject, "preview": preview}
    return _open(MailingChoice(post_id=post_id, **facts), number, now, by)


def _follow(last: Send, number: int) -> None:
    """Raise NotTheNext, StillMailing where this round cannot follow the last one."""
    if number != last.round + 1:
        raise NotTheNext
    if not last.is_over:
        raise StillMailing


def last_of(post_id: int) -> Send:
    """Return the last mailing of a post, which may still be going on. Raises NeverMailed."""
    last = Send.objects.filter(post_id=post_id).order_by("-round").first()
    if last is None:
        raise NeverMailed
    return last


@transaction.atomic
def expand(send_id: int, *, after: int) -> int:
    """Write the deliveries of the next readers, owe their mails and the next page. Return how many were written."""
    # Locked: who cancels or resumes meanwhile waits for this page's rows, or this page sees what was decided.
    expanding = Send.objects.select_for_update(of=("self",), no_key=True).select_related("post")
    send = (
        expanding.only("state", "round", "starts_at", "filters", "post__guid")
        .filter(pk=send_id, state=Send.State.EXPANDING)
        .first()
    )
    if send is None:
        return 0
    last, read, made, to_mail = _insert(send, after)
    with gather():
        send.owe(to_mail)
        # The next page is owed in this page's transaction: neither can be lost without the other.
        if read == PAGE:
            _owe_page(send, after=last)
    send.take(made, last=read < PAGE)
    if read < PAGE:
        send.finish()
    return made


def _open(choice: MailingChoice, number: int, now: datetime, by: int | None = None) -> Send:
    """Return this round of a post; a new one owes its first page, and nothing of it leaves before the pause is over."""
    pause = MailingSettings.now().pause
    facts = {**choice.frozen(), "created_at": now, "asked_by_id": by, "starts_at": now + pause if pause else None}
    facts["content_digest"] = content_digest(choice.post_id)
    send, is_new = Send.objects.get_or_create(post_id=choice.post_id, round=number, defaults=facts)
    if is_new:
        _owe_page(send, after=0)
        send.say(mailing_started)
    return send


def _insert(send: Send, after: int) -> tuple[int, int, int, list[int]]:
    """Return the last reader of the page, how many there are, how many copies were written, and those that are to be mailed."""
    only = _next_of(send, after) if send.filters else None
    values = {
        "send": send.pk, "post": send.post_id, "after": after, "page": PAGE, "only": only,
        "scopes": sorted(post.lists()) if (post := placement_of(send.post_id)) else [],
        "mailing": f"{send.post_id} {send.post.guid} {send.round} ",
        "confirmed": Subscriber.State.CONFIRMED, "pending": SubmissionState.PENDING, "skipped": SubmissionState.SKIPPED,
        "round": send.round, "got": [str(state) for state in GOT], "why": "they have it, and get digests",
        "domain": domain_of(settings.DEFAULT_FROM_EMAIL),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(EXPAND, values)
        last, read, made, to_mail = cursor.fetchone()
    if only is not None:
        # Who left between the two statements is on this page and gets nothing: the next one begins after them all the same.
        last, read = max(only, default=after), len(only)
    return last or after, read, made, to_mail


def _next_of(send: Send, after: int) -> list[int]:
    """Return the next subscribers of an audience, by id."""
    found = subscribers_of(send.filters).filter(pk__gt=after)
    return list(found.order_by("pk").values_list("pk", flat=True)[:PAGE])


def _owe_page(send: Send, *, after: int) -> None:
    owe(effects.page.si(send_id=send.pk, after=after), about=f"post:{send.post_id}")
