"""What became of a mailing by the domains of its recipients: large providers first, small domains as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Func, Q, TextField, Value

from app.mail.submission import OPEN, SubmissionState
from app.newsletter.models import Delivery, Send
from app.newsletter.recipient_domains import put_off_now

FEWEST = 5
"""Readers of a domain from which on it is named: one with fewer may be a person's own."""
MOST = 20


@dataclass(frozen=True, kw_only=True)
class DomainOutcome:
    """Copies to one domain; to all others where `domain` is empty. `is_put_off`: it is left alone for a while."""

    domain: str
    copies: int
    sent: int
    waiting: int
    failed: int
    unknown: int
    is_put_off: bool = False


COPIES = Count("pk")
SENT = Count("pk", filter=Q(state=SubmissionState.SENT))
WAITING = Count("pk", filter=Q(state__in=OPEN))
FAILED = Count("pk", filter=Q(state=SubmissionState.FAILED))
UNKNOWN = Count("pk", filter=Q(state=SubmissionState.UNKNOWN))
NAMES = ("copies", "sent", "waiting", "failed", "unknown")


def by_domain(send: Send) -> list[DomainOutcome]:
    """Return the outcomes of the domains with the most copies, and the sum of all others as the last one."""
    copies = Delivery.objects.filter(send=send)
    domain = Func(F("subscriber__email"), Value("@"), Value(2), function="split_part", output_field=TextField())
    grouped = copies.annotate(domain=domain).values("domain").annotate(copies=COPIES).filter(domain__gt="", copies__gte=FEWEST)
    counted = grouped.annotate(sent=SENT, waiting=WAITING, failed=FAILED, unknown=UNKNOWN).order_by("-copies", "domain")
    rows = list(counted.values_list("domain", *NAMES)[:MOST])
    put_off = put_off_now([each for each, *_ in rows])
    named = [_outcome(each, numbers, is_put_off=each in put_off) for each, *numbers in rows]
    whole = copies.aggregate(copies=COPIES, sent=SENT, waiting=WAITING, failed=FAILED, unknown=UNKNOWN)
    others = [whole[name] - sum(getattr(each, name) for each in named) for name in NAMES]
    return [*named, _outcome("", others)] if named and others[0] else named


def _outcome(domain: str, numbers: Sequence[int], *, is_put_off: bool = False) -> DomainOutcome:
    return DomainOutcome(domain=domain, is_put_off=is_put_off, **dict(zip(NAMES, numbers, strict=True)))
