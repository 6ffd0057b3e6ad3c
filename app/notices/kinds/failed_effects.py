"""Effects that failed for good, for those who operate the site: at most one mail an hour, and none where nothing is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.utils.translation import gettext_lazy, ngettext

from app.accounts.models import User
from app.mail.priority import AWAITED
from app.mail.rendering import link
from app.mail.submission import OPEN, SubmissionState
from app.notices import effects
from app.notices.kinds.base import Kind, register
from app.notices.models import Alarm, Notice
from app.notices.pages import EFFECTS
from app.notices.preferences import ProfileOption
from owed.models import Effect

TROUBLES = ProfileOption("troubles", gettext_lazy("effects that failed for good or are late"))
QUIET = timedelta(hours=1)
MARGIN = timedelta(seconds=30)
"""What failed just now may not be committed yet, and would be in no report."""
KEY = "%Y%m%dT%H%M%S"
NO_OPERATOR = "the recipient no longer operates the site"
MOST = 10
"""How many names of effects a mail has; the page has all."""


@register
class FailedEffectsNotice(Kind):
    name = "failed-effects"
    template = "notices/mail/failed_effects"
    preference = TROUBLES
    priority = AWAITED

    def subject(self, notice: Notice, number: int) -> str:
        failed = _failed(*_window(notice)).count()
        return ngettext("%(number)s effect failed for good", "%(number)s effects failed for good", failed) % {"number": failed}

    def links(self, notice: Notice) -> dict[str, Any]:
        failed = _failed(*_window(notice))
        sums = failed.values_list("task").annotate(number=Count("pk")).order_by("-number", "task")
        facts = {"sums": list(sums[:MOST]), "others": max(0, len(sums) - MOST), **failed.aggregate(since=Min("finished_at"))}
        return {**facts, "effects_url": link(f"{EFFECTS.url()}?state=dead")}

    def obsolete(self, notice: Notice) -> str:
        if not notice.recipient.is_operator:
            return NO_OPERATOR
        if _reports(notice).filter(pk__gt=notice.pk, state__in=[*OPEN, SubmissionState.SENT]).exists():
            return "a later report has it"
        return "" if _failed(*_window(notice)).exists() else "none of them is failed any more"


@transaction.atomic
def report_failures(now: datetime) -> int:
    """Notify the operators of what failed since the last report, unless that was within the hour. Return how many they are."""
    seen = Alarm.objects.filter(name=FailedEffectsNotice.name).values_list("since", flat=True).first()
    until = now.replace(microsecond=0) - MARGIN
    since = seen or until - QUIET
    if until - since < QUIET or not _failed(since, until).exists():
        return 0
    if not Alarm.objects.move_on(FailedEffectsNotice.name, seen=seen, now=until):
        return 0
    key = f"{since:{KEY}}-{until:{KEY}}"
    owed = [Notice.objects.owe(user, FailedEffectsNotice, key) for user in User.objects.operators().order_by("pk")]
    return len([each for each in owed if each])


def _failed(since: datetime, until: datetime) -> QuerySet[Effect]:
    """Leave out notices: one that fails would owe another, which fails as well."""
    failed = Effect.objects.filter(state="dead", finished_at__gt=since, finished_at__lte=until)
    return failed.exclude(task__in=effects.notice.names)


def _window(notice: Notice) -> tuple[datetime, datetime]:
    """Return the time that a report is about. It begins with that of the first report that did not go out before it.

    While no mail leaves, reports wait: the last one of a person has all of them.
    """
    since, until = notice.subject_key.split("-")
    before = _reports(notice).filter(pk__lt=notice.pk)
    sent = before.filter(state=SubmissionState.SENT).aggregate(last=Max("pk"))["last"] or 0
    unsent = before.filter(pk__gt=sent, state__in=[*OPEN, SubmissionState.SKIPPED, SubmissionState.FAILED])
    first = unsent.order_by("pk").values_list("subject_key", flat=True).first()
    return _moment(first.split("-")[0] if first else since), _moment(until)


def _reports(notice: Notice) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient=notice.recipient_id, kind=notice.kind)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, KEY).replace(tzinfo=UTC)
