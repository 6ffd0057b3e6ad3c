"""What a person decides about a mailing that goes on: pause, resume, cancel, and try again what failed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from app.blog.errors import NotPublished, PostGone
from app.blog.placement import locked
from app.log.actions import Action
from app.log.models import Entry
from app.mail.submission import NotInDoubt, SubmissionState
from app.newsletter.errors import NothingFailed, NothingToResend, NotPaused, NotRunning, StillListing
from app.newsletter.models import Delivery, Send
from app.newsletter.models.delivery import got_elsewhere
from app.newsletter.models.send import WAITS


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a mailing has come, in copies: `sent`, `waiting`, on their way (`leaving`), and `in_doubt`."""

    sent: int
    waiting: int
    leaving: int
    in_doubt: int


def progress(send: Send) -> Progress:
    counted = send.balance()
    return Progress(
        sent=counted[SubmissionState.SENT],
        waiting=counted[SubmissionState.PENDING] + send.deliveries.filter(WAITS).count(),
        leaving=counted[SubmissionState.SUBMITTING],
        in_doubt=counted[SubmissionState.UNKNOWN],
    )


@transaction.atomic
def pause(send: Send, *, by: int | None) -> Progress:
    """Let nothing more leave, until it is resumed. Raises NotRunning."""
    if not send.pause(by):
        raise NotRunning
    Entry.objects.note(Action.MAILING_PAUSED, send, send.post.title)
    return progress(send)


@transaction.atomic
def resume(send: Send) -> None:
    """Go on with a paused mailing. Raises NotPaused, NotPublished, PostGone."""
    _lock_public_post(send)
    if not send.resume():
        raise NotPaused
    Entry.objects.note(Action.MAILING_RESUMED, send, send.post.title)


@transaction.atomic
def cancel(send: Send) -> int:
    """Close what waits for good: those readers do not get this mailing. Return how many. Raises NotRunning, StillListing."""
    # A page of recipients that is being written holds this row; after it, all who are on the list are counted.
    now = Send.objects.select_for_update().get(pk=send.pk)
    if not now.is_stoppable:
        raise NotRunning
    if now.state == Send.State.EXPANDING:
        raise StillListing
    number = now.cancel()
    Entry.objects.note(Action.MAILING_CANCELLED, send, send.post.title, number=number)
    return number


@transaction.atomic
def retry_failed(send: Send) -> int:
    """Mail it again to those whose copy was refused, and who do not get it by other means. Return how many.

    Raises NothingFailed, NotPublished, PostGone."""
    _lock_public_post(send)
    number = send.reopen(SubmissionState.FAILED, but=got_elsewhere())
    if not number:
        raise NothingFailed
    return number


@transaction.atomic
def resend(delivery: Delivery) -> None:
    """Send one copy again that failed or is in doubt. Raises NothingToResend, NotPublished, PostGone."""
    _lock_public_post(delivery.send)
    try:
        delivery.resend()
    except NotInDoubt:
        raise NothingToResend from None


def _lock_public_post(send: Send) -> None:
    post = locked(send.post_id)
    if post is None:
        raise PostGone
    if not post.is_out:
        raise NotPublished
