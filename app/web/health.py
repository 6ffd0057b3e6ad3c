"""Whether this process and what it leans on are well: /healthz, /readyz, /metrics."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from app.audit.outcomes import OutcomeCollector
from app.dispatch import signal_manager
from app.dispatch.metrics import FailureCollector
from app.middleware.http_metrics import HttpCollector
from app.web import schema
from app.web.operators import is_operator
from owed import broker
from owed.contrib import prometheus
from owed.heartbeat import silence
from owed.models import Effect, Pause
from owed.unknown import unknown

LATE = 60.0  # seconds that a due effect may stand before this page says so
CLOSED = "Set METRICS_TOKEN, and send it as `Authorization: Bearer ...`.\n"
ASK_AGAIN = 5.0  # seconds until a database that did not fit is compared once more
SILENT = 30.0  # seconds without a sweeper's sign of life


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up, and look at nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while pages can be served, late effects or not. Reasons and ages are for operators only."""
    report, status = _readiness(is_operator(request))
    return JsonResponse(report, status=status)


def _readiness(in_full: bool) -> tuple[dict[str, Any], int]:
    try:
        if complaint := _fit.complaint():
            first = "Migrate it with `python -m config.release`. Where that finds nothing to do:"
            why = {"database": "ok", "schema": f"{complaint} {first} {settings.SCHEMA_ADVICE}"}
            return {"ready": False, **(why if in_full else {})}, 503
        return {"ready": True, **(_report() if in_full else _ask_database())}, 200
    except DatabaseError as error:
        return {"ready": False, **({"database": type(error).__name__} if in_full else {})}, 503


class _Fit:
    """Whether the tables fit the models, kept: a database that fits is compared once in the life of a process.

    Old processes stay ready while a later release migrates the database; one that was started too early becomes ready then.
    """

    def __init__(self) -> None:
        self.found: str | None = None
        self.asked_at = 0.0

    def complaint(self) -> str:
        if self.found is None or (self.found and time.monotonic() - self.asked_at > ASK_AGAIN):
            self.found = schema.complaint()
            self.asked_at = time.monotonic()
        return self.found


_fit = _Fit()


def _ask_database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def _report() -> dict[str, Any]:
    oldest = max((row.oldest_due or 0.0 for row in Effect.objects.backlog()), default=0.0)
    silent = silence()
    complaint = broker.check.complaint()
    return {
        "database": "ok",
        "broker": f"does not answer: {complaint}" if complaint else "ok",
        "worker": "never seen" if silent is None else "ok" if silent < SILENT else f"silent for {silent:.0f} s",
        "queues_not_taken": Effect.objects.untaken(SILENT),
        "unknown_to_workers": unknown(),
        "paused": [str(each) for each in Pause.objects.all()],
        "oldest_due_seconds": round(oldest, 1),
        "effects": "late" if oldest > LATE else "ok",
    }


@never_cache
@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus, which brings METRICS_TOKEN."""
    if not is_operator(request):
        return HttpResponse(CLOSED, status=403, content_type="text/plain; charset=utf-8")
    said = prometheus.render(FailureCollector(signal_manager), HttpCollector(), OutcomeCollector())
    return HttpResponse(said, content_type=prometheus.CONTENT_TYPE)
