"""Deliveries and confirmations reach the mail server, each at most once."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from app.mail.courier import Courier
from app.mail.errors import Unknown, Unreachable
from app.mail.journal import JOURNALS
from app.mail.message import encode
from app.mail.server import Server
from app.mail.submission import OPEN, SubmissionState, submit
from app.mail.transport import Transport
from app.newsletter.letters import confirmation_letter
from app.newsletter.mailing_run import BUDGET, Deferred, MailingRun
from app.newsletter.models import Confirmation, Delivery, Send
from app.newsletter.recipient_domains import RecipientDomains
from app.newsletter.recovery import recover
from app.outbound import breaker
from owed import Later, clock

__all__ = ["BUDGET", "Deferred", "confirm", "deliver"]
GRACE = timedelta(seconds=90)
"""How long what a worker of another machine has in hand is left to it: longer than any run."""
LOST = "its sender is lost, and so is the record of what it sent"


def deliver(delivery_ids: list[int]) -> None:
    """Send these copies over one connection, each at most once.

    Raises Deferred where some must be tried again, Later when the time for one run is used up. What a worker has in hand is in
    its journal: of that, a kill leaves one message in doubt.
    """
    if resting := breaker.rest(breaker.MAIL):
        raise Later(resting, "the mail server does not answer, and is left alone for a while")
    recover()
    courier = Courier(Server.from_url(settings.EMAIL_URL))
    try:
        with JOURNALS.writing(settings.SUBMISSIONS_DIR) as journal:
            waiting, elsewhere = _open(delivery_ids)
            run = MailingRun(courier, journal, RecipientDomains(waiting))
            run.send(waiting)
        courier.end()
    except BaseException:
        courier.abandon()
        raise
    finally:
        _finish(delivery_ids)
    if trouble := run.trouble or run.deferred or elsewhere:
        raise trouble


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


def _open(delivery_ids: list[int]) -> tuple[dict[int, str], Later | None]:
    """Return which are pending, with their addresses, and when to look at those that another worker has in hand."""
    found = Delivery.objects.filter(pk__in=delivery_ids, state__in=OPEN).order_by("pk")
    rows = list(found.values_list("pk", "state", "subscriber__email"))
    in_hand = [pk for pk, state, _ in rows if state == SubmissionState.SUBMITTING]
    waiting = {pk: address or "" for pk, state, address in rows if state != SubmissionState.SUBMITTING}
    return waiting, _doubt_the_lost(in_hand) if in_hand else None


def _doubt_the_lost(ids: list[int]) -> Later | None:
    """Call in doubt what a worker had in hand that keeps no journal, or is lost with it. Return when to look at what is not."""
    in_hand = Delivery.objects.filter(pk__in=ids, state=SubmissionState.SUBMITTING).order_by("pk")
    for delivery in in_hand.filter(Q(journal="") | Q(submitted_at__lt=Now() - GRACE)):
        delivery.doubt(LOST) if delivery.journal else delivery.doubt()
    return Later(GRACE / 3, "another worker has not said yet what became of some") if in_hand.exists() else None


def _finish(delivery_ids: list[int]) -> None:
    """Say of the mailings of these copies that all is over, where it is."""
    mailings = Delivery.objects.filter(pk__in=delivery_ids).values("send_id")
    still_open = Delivery.objects.filter(send=OuterRef("pk"), state__in=OPEN)
    for send in Send.objects.filter(~Exists(still_open), pk__in=mailings).order_by("pk"):
        send.finish()
