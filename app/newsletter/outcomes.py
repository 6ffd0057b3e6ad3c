"""What became of a mailing by the domains of its recipients: large providers first, small domains as one."""

from __future__ import annotations

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


def by_domain(send: Send) -> list[DomainOutcome]:
    """Return the outcomes of the domains with the most copies, and the sum of all others as the last one."""
    domain = Func(F("subscriber__email"), Value("@"), Value(2), function="split_part", output_field=TextField())
    rows = (
        Delivery.objects.filter(send=send)
        .annotate(domain=domain)
        .values("domain")
        .annotate(**_counts())
        .order_by("-copies", "domain")
    )
    named = list(rows.filter(domain__isnull=False, copies__gte=FEWEST)[:MOST])
    if not named:
        return []
    put_off = put_off_now([row["domain"] for row in named])
    outcomes = [DomainOutcome(**row, is_put_off=row["domain"] in put_off) for row in named]
    whole = Delivery.objects.filter(send=send).aggregate(**_counts())
    others = {name: number - sum(row[name] for row in named) for name, number in whole.items()}
    return [*outcomes, DomainOutcome(domain="", **others)] if others["copies"] else outcomes


def _counts() -> dict[str, Count]:
    def counted(*states: SubmissionState) -> Count:
        return Count("pk", filter=Q(state__in=states))

    return {
        "copies": Count("pk"),
        "sent": counted(SubmissionState.SENT),
        "waiting": counted(*OPEN),
        "failed": counted(SubmissionState.FAILED),
        "unknown": counted(SubmissionState.UNKNOWN),
    }
