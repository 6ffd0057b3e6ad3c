"""A notice reaches the mail server, alone or as a digest of its kind."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from app.blog.models import CommentStatus, Like
from app.mail.errors import Unknown, Unreachable
from app.mail.message import encode
from app.mail.submission import State, submit
from app.mail.transport import Transport
from app.notices.letters import letter
from app.notices.models import Kind, Notice
from app.notices.moves import KINDS, address_of, may_reach
from app.outbound import breaker
from owed import Later, clock

DIGESTED = frozenset({Kind.COMMENT, Kind.REPLY, Kind.LIKE})
TO_STRANGERS = frozenset({Kind.ADDRESS, Kind.RESET, *KINDS})
QUIET = timedelta(minutes=10)
OPTION = {Kind.COMMENT: "notify_comments", Kind.REPLY: "notify_comments", Kind.LIKE: "notify_likes"}
RELATED = ("recipient__profile", "post", "comment", "actor__profile")


def send_notice(notice_id: int) -> None:
    """Send one notice, at most once. Raises Refused, Unreachable to be tried again, Later where a digest gathers."""
    notice = Notice.objects.select_related(*RELATED).filter(pk=notice_id).first()
    if notice is None or not _is_due(notice):
        return
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(notice, lambda: encode(letter(notice, _told_in(notice)), at=timezone.now()), transport)


def _is_due(notice: Notice) -> bool:
    """Return whether the notice is to be handed to the mail server now; close it where it is not wanted."""
    if notice.state != State.PENDING:
        return notice.state == State.SUBMITTING
    if closed := _unwanted(notice):
        notice.drop(*closed)
        return False
    return notice.kind not in DIGESTED or _gather(notice)


def _unwanted(notice: Notice) -> tuple[State, str] | None:
    """Return how to close a notice that must not be sent any more."""
    recipient = notice.recipient
    if not address_of(notice) or not recipient.is_active:
        return State.SKIPPED, "no address, or no longer active"
    if notice.kind == Kind.MOVE and not may_reach(notice, now=clock.now()):
        return State.SKIPPED, "used, replaced or a day old; or the address is taken, or was asked three times today"
    if recipient.has_unconfirmed_address and notice.kind not in TO_STRANGERS:
        return State.SUPPRESSED, "address not confirmed"
    if _has_opted_out(notice):
        return State.SUPPRESSED, "opted out"
    if _is_gone(notice):
        return State.SKIPPED, "taken back before it was told"
    return None


def _has_opted_out(notice: Notice) -> bool:
    if notice.kind == Kind.ADDRESS:
        return Notice.objects.filter(recipient=notice.recipient, kind=Kind.ONBOARDING, state=State.SUPPRESSED).exists()
    option = OPTION.get(Kind(notice.kind))
    return option is not None and not getattr(notice.recipient.profile, option)


def _is_gone(notice: Notice) -> bool:
    if notice.kind == Kind.ADDRESS:
        return notice.recipient.email_confirmed_at is not None
    if notice.kind == Kind.LIKE:
        return not Like.objects.filter(post=notice.post, user=notice.actor).exists()
    if notice.kind in {Kind.COMMENT, Kind.REPLY}:
        return notice.comment is None or notice.comment.status != CommentStatus.APPROVED
    return False


@transaction.atomic
def _gather(notice: Notice) -> bool:
    """Take the others that wait into this one; wait where the person heard of this post minutes ago.

    Raises Later. The lock on the waiting rows lets one of several workers gather; False where it was another.
    """
    series = Notice.objects.filter(recipient=notice.recipient_id, kind=notice.kind, post=notice.post_id)
    waiting = list(series.filter(state=State.PENDING).select_for_update().order_by("pk").values_list("pk", flat=True))
    if notice.pk not in waiting:
        return False
    _keep_quiet(series.aggregate(last=Max("submitted_at"))["last"])
    others = [pk for pk in waiting if pk != notice.pk]
    Notice.objects.filter(told_in__in=others).update(told_in=notice)
    Notice.objects.filter(pk__in=others).update(
        state=State.SKIPPED, told_in=notice, error="told in a digest", finished_at=timezone.now()
    )
    return True


def _keep_quiet(last: datetime | None) -> None:
    quiet = getattr(settings, "NOTICE_QUIET", QUIET)
    if last and last + quiet > clock.now():
        raise Later(last + quiet, "gathering a digest", planned=True)


def _told_in(notice: Notice) -> list[Notice]:
    told = notice.told.select_related(*RELATED).order_by("pk")
    return [each for each in told if not _is_gone(each)]
