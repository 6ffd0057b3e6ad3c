"""Digests reach the mail server, each at most once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.conf import settings

from app.mail.errors import MailError, Rejected, Unreachable
from app.mail.message import Letter, Mail, encode
from app.mail.return_path import DIGEST, return_path
from app.mail.submission import OPEN, SubmissionState, submit
from app.mail.transport import Transport
from app.newsletter.digest_letters import Entries, digest_letter
from app.newsletter.mailing_run import BUDGET, OF_ONE_RECIPIENT, Deferred
from app.newsletter.models import Digest
from app.newsletter.providers import header_for
from app.outbound import breaker
from owed import Later, clock

LOOKS = 3
"""How often a digest is put together where its reader or one of its posts changes at the moment when it leaves."""


def send_digests(digest_ids: list[int]) -> None:
    """Send these digests over one connection. Raises Deferred where some must be tried again, Later when time is used up."""
    if resting := breaker.rest(breaker.MAIL):
        raise Later(resting, "the mail server does not answer, and is left alone for a while")
    waiting = Digest.objects.filter(pk__in=digest_ids, state__in=OPEN).order_by("pk").values_list("pk", flat=True)
    entries, deferred = Entries(), None
    with Transport.from_url(settings.EMAIL_URL) as transport:
        for pk in list(waiting):
            if transport.spent > BUDGET:
                raise Later(timedelta(0), "more to send than one run may take")
            try:
                _send(pk, entries, transport)
            except MailError as error:
                deferred = _deferred(error)
    if deferred:
        raise deferred


def _deferred(error: MailError) -> Deferred:
    """Return why one digest waits, or raise where the others wait as well."""
    if isinstance(error, Rejected) and error.phase in OF_ONE_RECIPIENT:
        return Deferred(str(error))
    if isinstance(error, Unreachable):
        breaker.failed(breaker.MAIL)
    raise Deferred(str(error)) from error


def _send(pk: int, entries: Entries, transport: Transport) -> None:
    for _look in range(LOOKS):
        digest = Digest.objects.select_related("subscriber__user").get(pk=pk)
        if _is_closed(digest) or digest.subscriber is None:
            return
        posts = digest.posts()
        if not posts:
            digest.drop(SubmissionState.SKIPPED, "none of its posts may be mailed any more")
            return
        letter = digest_letter(digest, digest.subscriber, entries.of(posts))
        submit(digest, partial(_mail, digest, letter), transport)
        if digest.state != SubmissionState.PENDING:
            _remember(digest)
            return
    raise Later(timedelta(seconds=1), "the reader or a post changes at this moment")


def _mail(digest: Digest, letter: Letter) -> Mail:
    """Return the message with what names the digest, to whom it is returned and to a provider that reports of it."""
    mail = encode(letter, at=clock.now())
    return replace(mail, sender=return_path(digest.pk, DIGEST) or mail.sender, data=header_for(digest.pk, DIGEST) + mail.data)


def _remember(digest: Digest) -> None:
    """Remember whether the mail server answered. What was refused may have been refused here, without it."""
    if digest.state == SubmissionState.SENT:
        breaker.answered(breaker.MAIL)
    elif digest.state == SubmissionState.UNKNOWN:
        breaker.failed(breaker.MAIL)


def _is_closed(digest: Digest) -> bool:
    """Return whether it is not to be sent: it was, or may have been, or is not wanted any more."""
    if digest.state == SubmissionState.SUBMITTING:
        digest.doubt()
    if digest.state == SubmissionState.PENDING and (why := digest.unwanted()):
        digest.drop(SubmissionState.SKIPPED, why)
    return digest.state != SubmissionState.PENDING
