"""Many refusals pause a mailing: a list or a sender that mail servers turn down is looked at before the rest goes out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from app.mail.submission import OPEN, SubmissionState
from app.newsletter import effects
from app.newsletter.models import Bounce, Delivery, Send
from app.newsletter.signals import mailing_paused
from owed import clock, owe

# What str(Rejected) makes of a 5xx for one recipient or one message; an address that we refuse ourselves is another text.
REFUSED = re.compile(r"^5\d\d .*at (rcpt|data|body|reply)$")


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """How many of the `settled` emails, the last of a mailing, mail servers `refused` for good."""

    refused: int
    settled: int

    @property
    def are_many(self) -> bool:
        least, percent = settings.MAIL_REFUSALS_AMONG, settings.MAIL_REFUSALS_PERCENT
        return self.settled >= least and self.refused * 100 > self.settled * percent


def pause_where_many(send_ids: Iterable[int]) -> None:
    """Pause the mailings of which too many emails were refused, each once, and owe the notices of it."""
    for send in Send.objects.filter(pk__in=send_ids, paused_at=None).order_by("pk"):
        refusals = recent(send)
        if refusals.are_many:
            _pause(send, refusals)


def recent(send: Send) -> Refusals:
    """Count among the last emails of a mailing; where it went on after a pause for refusals, among those since."""
    settled = Delivery.objects.filter(send=send, state__in=[SubmissionState.SENT, SubmissionState.FAILED])
    if send.refusals_since:
        settled = settled.filter(finished_at__gt=send.refusals_since)
    last = settled.order_by("-finished_at", "-pk").values_list("error", flat=True)[: settings.MAIL_REFUSALS_AMONG]
    errors = list(last)
    return Refusals(refused=sum(map(bool, map(REFUSED.search, errors))), settled=len(errors))


def pause_where_many_came_back(send: Send) -> None:
    """Pause a running mailing of which too many emails came back, though the first server took them: a provider takes all."""
    if send.is_over or send.is_paused:
        return
    back = Bounce.objects.filter(send=send, kind__in=[Bounce.Kind.GONE, Bounce.Kind.FAILED])
    settled = Delivery.objects.filter(send=send, state__in=[SubmissionState.SENT, SubmissionState.FAILED])
    if send.refusals_since:
        back, settled = back.filter(reported_at__gt=send.refusals_since), settled.filter(finished_at__gt=send.refusals_since)
    refused = back.count()
    # As few cannot be too many of those that are looked at: the others need not be counted.
    if refused * 100 > settings.MAIL_REFUSALS_AMONG * settings.MAIL_REFUSALS_PERCENT:
        refusals = Refusals(refused=refused, settled=settled.count())
        if refusals.are_many:
            _pause(send, refusals)


@transaction.atomic
def _pause(send: Send, refusals: Refusals) -> None:
    waiting = Delivery.objects.filter(send=OuterRef("pk"), state__in=OPEN)
    # A person who resumed it since the count has seen these refusals.
    same = Send.objects.filter(
        Q(state=Send.State.EXPANDING) | Q(Exists(waiting), state=Send.State.SENDING),
        pk=send.pk, paused_at=None, refusals_since=send.refusals_since,
    )  # fmt: skip
    at = clock.now()
    if same.update(paused_at=at, paused_by=None, paused_for=asdict(refusals)):
        send.say(mailing_paused)
        stopped = effects.stopped.si(post_id=send.post_id, send_id=send.pk, at=round(at.timestamp() * 1000))
        owe(stopped, about=f"post:{send.post_id}")
