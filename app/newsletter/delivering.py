"""Deliveries and confirmations reach the mail server, one committed row at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from app.blog.models import Status
from app.mail.errors import MailError, Rejected, Unknown, Unreachable
from app.mail.message import Mail, encode
from app.mail.submission import OPEN, SubmissionState, submit
from app.mail.transport import Transport
from app.newsletter.letters import Edition, confirmation_letter
from app.newsletter.models import Confirmation, Delivery, Send, Subscriber
from app.outbound import breaker
from owed import Later, clock

BUDGET = 15.0  # seconds
OF_ONE_RECIPIENT = frozenset({"rcpt", "data", "reply"})  # phases in which a refusal concerns no other recipient


class Deferred(MailError):
    """Some readers' mail could not be handed over yet; the rows are still pending."""


def deliver(delivery_ids: list[int]) -> None:
    """Send these copies over one connection, each at most once.

    Raises Deferred where some must be tried again, Later when the time for one run is used up. A worker has at most one
    row in `submitting` at a time: that is all a kill can leave in doubt.
    """
    if resting := breaker.rest(breaker.MAIL):
        raise Later(resting, "the mail server does not answer, and is left alone for a while")
    waiting = list(Delivery.objects.filter(pk__in=delivery_ids, state__in=OPEN).order_by("pk").values_list("pk", flat=True))
    try:
        with Transport.from_url(settings.EMAIL_URL) as transport:
            _deliver_each(waiting, transport)
    finally:
        for send in Send.objects.filter(deliveries__in=delivery_ids).distinct().order_by("pk"):
            send.finish()


def confirm(confirmation_id: int) -> None:
    """Send the question whether a subscription was meant. Raises Rejected, Unreachable to be tried again."""
    confirmation = Confirmation.objects.select_related("subscriber").filter(pk=confirmation_id).first()
    if confirmation is None:
        return
    if confirmation.subscriber.is_confirmed:
        confirmation.drop(SubmissionState.SKIPPED, "already confirmed")
    if confirmation.is_repetition():
        confirmation.drop(SubmissionState.SKIPPED, "asked within 24 hours")
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(confirmation, lambda: encode(confirmation_letter(confirmation), at=clock.now()), transport)


def _deliver_each(waiting: list[int], transport: Transport) -> None:
    edition = Edition()
    deferred: Rejected | None = None
    for pk in waiting:
        if transport.spent > BUDGET:
            raise Later(timedelta(0), "more to send than one run may take")
        try:
            _deliver_one(pk, edition.letter_for, transport)
        except Rejected as refusal:
            if refusal.phase not in OF_ONE_RECIPIENT:
                raise Deferred(str(refusal)) from None
            deferred = refusal
        except (Unreachable, Unknown) as trouble:
            breaker.failed(breaker.MAIL)
            raise Deferred(str(trouble)) from None
        breaker.answered(breaker.MAIL)
    if deferred:
        raise Deferred(str(deferred))


def _deliver_one(pk: int, write: Callable[[Delivery, Subscriber], Mail], transport: Transport) -> None:
    delivery = _read(pk)
    if delivery.state == SubmissionState.SUBMITTING:
        delivery.doubt()
    subscriber = delivery.subscriber
    if not delivery.send.is_paused and not _skip(delivery) and subscriber:
        submit(delivery, lambda: write(delivery, subscriber), transport)
        _close_refused(delivery)


def _read(pk: int) -> Delivery:
    return Delivery.objects.select_related("subscriber", "post", "send").defer("post__content", "post__content_html").get(pk=pk)


def _skip(delivery: Delivery) -> bool:
    """Close what must not be sent: to someone who no longer subscribes, or of a post that is not public."""
    if delivery.state != SubmissionState.PENDING:
        return False
    if why := delivery.unwanted():
        return delivery.drop(SubmissionState.SKIPPED, why)
    return delivery.post.status != Status.PUBLISHED and delivery.withhold()


def _close_refused(delivery: Delivery) -> None:
    """Close what was refused at the last moment, because the reader or the post changed. In a pause it stays pending."""
    if delivery.state != SubmissionState.PENDING:
        return
    now = _read(delivery.pk)
    if not now.send.is_paused and not _skip(now) and now.state == SubmissionState.PENDING:
        raise Later(timedelta(seconds=1), "the post was withdrawn, and published again at this moment")
