"""How the other side names what an effect brought about: a post on a network, a mail's Message-ID."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from app.mail.submission import SubmissionState
from app.newsletter import effects as newsletter
from app.newsletter.models import Delivery
from app.notices import effects as notices
from app.notices.models import Notice
from app.social import effects as social
from app.social.models import SocialPost
from owed import Declaration
from owed.models import Effect

TRIED = (SubmissionState.SENT, SubmissionState.UNKNOWN)
"""A mail has its name from the start; the other side may know it once it was handed over."""


def remote_ids(effects: Iterable[Effect]) -> dict[int, list[str]]:
    """Return the names that the other side has, by effect, in the order in which the effect names its rows."""
    shown = list(effects)
    posts = _rows(shown, social.deliver, "social_post_id")
    mails = _rows(shown, newsletter.deliver, "delivery_ids")
    notes = _rows(shown, notices.notice, "notice_id")
    known = SocialPost.objects.filter(pk__in=_all(posts)).exclude(remote_id="").values_list("pk", "remote_id")
    sent = Delivery.objects.filter(pk__in=_all(mails), state__in=TRIED).values_list("pk", "message_id")
    noticed = Notice.objects.filter(pk__in=_all(notes), state__in=TRIED).values_list("pk", "message_id")
    found: dict[int, list[str]] = {}
    for owed, names in ((posts, known), (mails, sent), (notes, noticed)):
        by_row = dict(names) if owed else {}
        found |= {pk: [by_row[row] for row in rows if row in by_row] for pk, rows in owed.items()}
    return found


def _rows(effects: list[Effect], effect: Declaration[Any], name: str) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for each in effects:
        if each.task in effect.names and each.attempt:
            ids = each.args[name]
            rows[each.pk] += ids if isinstance(ids, list) else [ids]
    return rows


def _all(rows: dict[int, list[int]]) -> set[int]:
    return {row for each in rows.values() for row in each}
