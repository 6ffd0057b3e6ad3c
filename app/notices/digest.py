"""A digest: several notices of one kind about one post, minutes apart, become one mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from app.mail.submission import SubmissionState
from app.notices import kinds
from app.notices.models import Notice
from owed import Later, clock


@transaction.atomic
def gather(notice: Notice) -> bool:
    """Take the others that wait into this one; wait where the person had a mail about this post minutes ago.

    Raises Later. The lock on the waiting rows lets one of several workers gather; False where it was another.
    """
    series = Notice.objects.filter(recipient=notice.recipient_id, kind=notice.kind, post=notice.post_id)
    waiting = list(series.filter(state=SubmissionState.PENDING).select_for_update().order_by("pk").values_list("pk", flat=True))
    if notice.pk not in waiting:
        return False
    _keep_quiet(series.aggregate(last=Max("submitted_at"))["last"])
    others = [pk for pk in waiting if pk != notice.pk]
    Notice.objects.filter(told_in__in=others).update(told_in=notice)
    Notice.objects.filter(pk__in=others).update(
        state=SubmissionState.SKIPPED, told_in=notice, error="sent in a digest", finished_at=timezone.now()
    )
    return True


def gathered_into(notice: Notice) -> list[Notice]:
    """Return what the digest holds besides this notice, without what was taken back meanwhile."""
    gathered = notice.told.select_related(*Notice.RELATED).order_by("pk")
    return [each for each in gathered if not kinds.get(each.kind).obsolete(each)]


def _keep_quiet(last: datetime | None) -> None:
    quiet: timedelta = settings.NOTICE_QUIET
    if last and last + quiet > clock.now():
        raise Later(last + quiet, "gathering a digest", planned=True)
