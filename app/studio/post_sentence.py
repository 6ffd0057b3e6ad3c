"""What became of a post, in one line: what it is, how far its mailing is, and what failed. Each is a sentence of its own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format, localize, time_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.blog.models import Post, Status
from app.mail.submission import OPEN, SubmissionState
from app.newsletter.models import Send
from owed import clock

Balance = dict[str, Any]
WINDOW = timedelta(seconds=30)
"""The time over which a mailing's speed is measured: long enough for even steps, short enough to notice a slower server."""
MINUTE = 60
STEP = 5
"""Seconds are rounded up to such steps: an estimate that is never exact should not look so."""


def sentence(
    post: Post,
    sends: list[tuple[Send, Balance]],
    *,
    is_unmailed: bool,
    announcing: bool,
    undecided: Counter[str],
    dead: int,
) -> str:
    """Return the whole line.

    `announcing`: a mailing is owed that has not begun. `undecided`: emails of all mailings that need a decision, by state.
    """
    said = [_post(post, is_unmailed=is_unmailed and not sends)]
    if sends:
        said += [_progress(*sends[0]), *_undecided(undecided)]
    elif announcing and post.is_out and not is_unmailed:
        said.append(_("The mailing is being prepared."))
    if dead:
        text = ngettext("%(number)s effect failed for good.", "%(number)s effects failed for good.", dead)
        said.append(text % {"number": localize(dead)})
    return " ".join(said)


def _post(post: Post, *, is_unmailed: bool) -> str:
    if post.status == Status.SCHEDULED and post.publish_at:
        return _("Scheduled for %(time)s.") % {"time": _moment(post.publish_at)}
    if post.status == Status.WITHDRAWN:
        return _("Withdrawn from readers.")
    if not post.is_out or not post.published_at:
        return _("Not published yet.")
    if post.status == Status.MAILED:
        return _("Published %(time)s, by email alone.") % {"time": _moment(post.published_at)}
    text = _("Published %(time)s, without email.") if is_unmailed else _("Published %(time)s.")
    return text % {"time": _moment(post.published_at)}


def _moment(at: datetime) -> str:
    at, today = localtime(at), localdate()
    return time_format(at, "TIME_FORMAT") if at.date() == today else date_format(at, "DATETIME_FORMAT")


def _undecided(mails: Counter[str]) -> list[str]:
    said = []
    if failed := mails[SubmissionState.FAILED]:
        said.append(ngettext("%(number)s email failed.", "%(number)s emails failed.", failed) % {"number": localize(failed)})
    if doubt := mails[SubmissionState.UNKNOWN]:
        text = ngettext("%(number)s email may not have arrived.", "%(number)s emails may not have arrived.", doubt)
        said.append(text % {"number": localize(doubt)})
    return said


def _progress(send: Send, balance: Balance) -> str:
    numbers = {"sent": localize(balance["sent"]), "all": localize(balance["candidates"])}
    if send.state == Send.State.CANCELLED:
        return _("By email: stopped after %(sent)s of %(all)s.") % numbers
    if send.is_paused:
        return _("By email: paused after %(sent)s of %(all)s.") % numbers
    if send.begins_in:
        return _("By email: begins in %(seconds)s s.") % {"seconds": send.begins_in}
    # Until the list is complete its length grows: a part of it would seem to go backwards.
    if send.state == Send.State.EXPANDING:
        return _("By email: %(sent)s so far, and the list of recipients is still being built.") % numbers
    if send.is_over:
        return _finished(balance, numbers)
    return _sending(seconds_left(send, balance), numbers)


def _finished(balance: Balance, numbers: dict[str, str]) -> str:
    if not balance["candidates"]:
        return _("By email: there was no subscriber to send it to.")
    if balance["missed"] or balance["doubt"]:
        return _("By email: %(sent)s of %(all)s.") % numbers
    return _("By email: all %(all)s.") % numbers


def _sending(left: int | None, numbers: dict[str, str]) -> str:
    if left is None:
        return _("By email: %(sent)s of %(all)s.") % numbers
    if left < MINUTE:
        return _("By email: %(sent)s of %(all)s, about %(seconds)s s left.") % {**numbers, "seconds": left}
    minutes = {**numbers, "minutes": localize(-(-left // MINUTE))}
    return _("By email: %(sent)s of %(all)s, about %(minutes)s min left.") % minutes


def seconds_left(send: Send, balance: Balance) -> int | None:
    """Return how long the rest takes at the speed of the last seconds. None: nothing was sent in them."""
    now, began = clock.now(), send.starts_at or send.created_at
    seconds = min(WINDOW, max(now - began, timedelta(seconds=1))).total_seconds()
    settled = send.deliveries.filter(finished_at__gt=now - WINDOW).exclude(state__in=OPEN).count()
    parts = dict(balance["parts"])
    waiting = sum(parts[state] for state in OPEN)
    return -(-int(waiting * seconds / settled + 1) // STEP) * STEP if settled else None
