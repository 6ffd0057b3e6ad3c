"""What a worker that died had in hand: its journal tells what was never begun, what was answered, and what is in doubt."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from app.mail.errors import Rejected
from app.mail.journal import Key, Record, left_behind
from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Send

MACHINE = "the machine stopped while it was being sent"
IN_HAND = (SubmissionState.SUBMITTING, SubmissionState.UNKNOWN)


def recover() -> None:
    """Settle what the dead workers of this machine had in hand. Cheap where none died; safe to do twice."""
    for record in left_behind(settings.SUBMISSIONS_DIR):
        _settle_all(record)


@transaction.atomic
def _settle_all(record: Record) -> None:
    # Taken by this journal's owner, and by no one since: another's attempt is not in this file.
    mine = Delivery.objects.filter(pk__in=record.taken, journal=record.name, state__in=IN_HAND)
    deliveries = list(mine.select_related("subscriber", "send").order_by("pk"))
    for delivery in deliveries:
        _settle(delivery, (delivery.pk, delivery.attempts), record)
    for send in Send.objects.filter(pk__in={each.send_id for each in deliveries}).order_by("pk"):
        send.finish()


def _settle(delivery: Delivery, attempt: Key, record: Record) -> None:
    code, status = record.answers.get(attempt, (0, ""))
    if 200 <= code < 300:
        delivery.settle(SubmissionState.SENT)
    elif code >= 500:
        delivery.refuse(Rejected(code, permanent=True, phase="reply", status=status))
    elif delivery.state == SubmissionState.UNKNOWN:
        return
    elif not code and attempt in record.begun:
        delivery.doubt()
    elif not code and not record.is_whole:
        delivery.doubt(MACHINE)
    else:
        delivery.postpone("")
