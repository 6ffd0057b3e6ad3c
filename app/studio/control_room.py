"""The control room: how far behind, who works, what fails and what the clock runs, on one page that stays current by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from app.outbound import breaker
from app.social.models import Account
from app.studio.access import WriterRequest, lookers
from app.studio.effects import backlog
from app.studio.plots import Plot, plot
from app.studio.post_effects import KINDS
from owed import clock, failures
from owed.figures import History, Span, history
from owed.models import Backlog, Effect, EffectSet
from owed.schedules import Schedule
from owed.workers import workers

STEPS = {Span.MINUTE: 60, Span.HOUR: 24}
SPANS = {"hour": Span.MINUTE, "day": Span.HOUR}
MOST_HOSTS = 1_000
MOST_SETS = 20
"""Open sets that are shown, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue as the page shows it."""

    name: str
    label: str
    now: Backlog
    past: History
    plot: Plot


@require_GET
@lookers
def control_room(request: WriterRequest) -> HttpResponse:
    """Show everything; asked by htmx, only what changes. A filter leads to the list, which was at this address before."""
    if request.GET.keys() - {"span"}:
        return redirect(f"{reverse('studio:effects')}?{request.GET.urlencode()}")
    now = clock.now()
    span = "day" if request.GET.get("span") == "day" else "hour"
    behind = backlog()
    shown = {
        **behind,
        "operates": request.user.is_operator,
        "span": span,
        "queues": queues(SPANS[span], now, [row for _, row in behind["queues"]]),
        "workers": workers(now),
        "hosts": hosts(),
        "failures": failures.grouped(),
        "sets": EffectSet.objects.open().order_by("pk")[:MOST_SETS],
        "schedules": scheduled(),
        "overdue": set(Schedule.objects.overdue(now).values_list("pk", flat=True)),
        "kinds": KINDS,
    }
    return render(request, "studio/room_live.html" if request.htmx else "studio/control_room.html", shown)


def queues(span: Span, now: datetime, behind: Iterable[Backlog]) -> list[Queue]:
    """Return every queue that owes something or did something lately."""
    present = {row.queue: row for row in behind}
    past = history(span, STEPS[span], now)
    starts = [point.at for point in next(iter(past.values())).points] if past else []
    return [_queue(name, present.get(name), past.get(name) or History.of(name, starts)) for name in sorted(present | past)]


def _queue(name: str, now: Backlog | None, past: History) -> Queue:
    now = now or Backlog(queue=name, owed=0, running=0, held=0, paused=0, dead=0, oldest_due=None)
    return Queue(name=name, label=str(KINDS.get(name, name)), now=now, past=past, plot=plot(past.points))


def hosts() -> list[breaker.Trouble]:
    """Return the hosts that did not answer lately, those that are left alone first."""
    accounts = Account.objects.only("network", "endpoint").order_by("pk")[:MOST_HOSTS]
    return breaker.troubles([breaker.MAIL, *dict.fromkeys(account.host for account in accounts)])


def scheduled() -> Sequence[tuple[Schedule, Effect | None]]:
    """Return every schedule, and what it owed last, while that is kept."""
    rows = list(Schedule.objects.order_by("paused_at", "next_at", "name"))
    last: dict[int, Any] = Effect.objects.in_bulk([row.last_effect for row in rows if row.last_effect])
    return [(row, last.get(row.last_effect or 0)) for row in rows]
