"""A notice reaches the mail server, alone or as a digest of its kind."""

from __future__ import annotations

from django.conf import settings

from app.mail.errors import Unknown, Unreachable
from app.mail.message import encode
from app.mail.submission import SubmissionState, submit
from app.mail.transport import Transport
from app.notices import digest, kinds
from app.notices.letters import letter
from app.notices.models import Notice
from app.outbound import breaker
from owed import clock


def send_notice(notice_id: int) -> None:
    """Send one notice, at most once. Raises Rejected, Unreachable to be tried again, Later where a digest gathers."""
    notice = Notice.objects.select_related(*Notice.RELATED).filter(pk=notice_id).first()
    if notice is None or not _prepare(notice):
        return
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(notice, lambda: encode(letter(notice, digest.gathered_into(notice)), at=clock.now()), transport)


def _prepare(notice: Notice) -> bool:
    """Close the notice where it is not wanted, gather its digest; return whether it goes to the mail server now."""
    if notice.state != SubmissionState.PENDING:
        return notice.state == SubmissionState.SUBMITTING
    if closing := _unwanted(notice):
        notice.drop(*closing)
        return False
    return not kinds.get(notice.kind).is_digested or digest.gather(notice)


def _unwanted(notice: Notice) -> tuple[SubmissionState, str] | None:
    """Return how to close a notice that must not be sent any more."""
    kind, recipient = kinds.get(notice.kind), notice.recipient
    if not kind.address(notice) or not recipient.is_active:
        return SubmissionState.SKIPPED, "no address, or no longer active"
    # Someone else's address may have been typed in at sign-up: what happens on the site is not mailed there.
    if recipient.has_unconfirmed_address and not kind.reaches_unconfirmed:
        return SubmissionState.SUPPRESSED, "address not confirmed"
    if kind.has_opted_out(notice):
        return SubmissionState.SUPPRESSED, "opted out"
    if why := kind.obsolete(notice):
        return SubmissionState.SKIPPED, why
    return None
