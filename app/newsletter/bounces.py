"""What follows from a report about a mail: a doubt is settled, and a reader who cannot be reached or complains is let be."""

from __future__ import annotations

from django.db import transaction

from app.mail.reports import Kind, Report, read_report
from app.mail.return_path import DIGEST
from app.mail.submission import SubmissionState
from app.newsletter.models import Bounce, Confirmation, Delivery, Digest, Greeting, Subscriber
from app.newsletter.models.bounce import MOST_FAILED
from app.newsletter.refusals import pause_where_many_came_back

Row = Delivery | Digest | Greeting | Confirmation
NO_REPORT = "left aside: no report about a message of this site"
NOT_KNOWN = "left aside: about a message that is not known"
LEFT_ASIDE = frozenset({NO_REPORT, NOT_KNOWN})


def take_message(octets: bytes, recipient: str = "") -> str:
    """Keep what a message reports, and return in words what came of it. Safe to do twice."""
    report = read_report(octets, recipient=recipient)
    if report is None:
        return NO_REPORT
    return f"{report.kind} {report.status}".strip() if take(report) else NOT_KNOWN


@transaction.atomic
def take(report: Report) -> bool:
    """Keep what a report says. Return false where it is about no message that is known. Safe to do twice.

    Only the newsletter is held back: a password or a confirmation that someone asked for still goes to the address.
    """
    row = _message(report)
    if row is None:
        return False
    _settle(row, report)
    if row.subscriber is not None and report.kind != Kind.ACCEPTED:
        _hold_back(row, row.subscriber, report)
    return True


def _message(report: Report) -> Row | None:
    """Return the message that a report is about: by the number of its return path, or by its Message-ID."""
    if report.number is not None:
        if report.number.series == DIGEST:
            return Digest.objects.select_related("subscriber").filter(pk=report.number).first()
        return Delivery.objects.select_related("subscriber", "send").filter(pk=report.number).first()
    for model in (Delivery, Digest, Greeting, Confirmation):
        found: Row | None = model._default_manager.select_related("subscriber").filter(message_id=report.message_id).first()
        if found:
            return found
    return None


def _settle(row: Row, report: Report) -> None:
    """Settle a message in doubt: a server that reports on it had received it."""
    if report.kind in {Kind.ACCEPTED, Kind.COMPLAINT}:
        is_settled = row.settle(SubmissionState.SENT)
    else:
        is_settled = row.settle(SubmissionState.FAILED, f"{report.status} reported by a mail server".strip())
    if is_settled and isinstance(row, Delivery):
        row.send.finish()


def _hold_back(row: Row, subscriber: Subscriber, report: Report) -> None:
    send_id = row.send_id if isinstance(row, Delivery) else None
    facts = {"subscriber": subscriber, "send_id": send_id, "status": report.status}
    # What was reported before may have been lifted since: the same report read again holds no one back.
    if not Bounce.objects.get_or_create(message_id=row.message_id, kind=Bounce.Kind(report.kind), defaults=facts)[1]:
        return
    if isinstance(row, Delivery):
        pause_where_many_came_back(row.send)
    if report.kind == Kind.COMPLAINT:
        subscriber.unsubscribe(reason="complained")
    elif report.kind == Kind.GONE or subscriber.bounces.counting().count() >= MOST_FAILED:
        subscriber.bounce()
