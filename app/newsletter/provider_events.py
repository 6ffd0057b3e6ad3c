"""What a mail provider reports by webhook: signed, about messages of ours, and safe to be told twice."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from app.mail.errors import NO_SUCH_MAILBOX
from app.mail.reports import MESSAGE_ID, STATUS, Kind, Report
from app.mail.return_path import number_proven
from app.newsletter.bounces import take
from app.newsletter.providers import METADATA, PROVIDERS, chosen

ACCEPTED = frozenset({"delivered", "deferred", "opened", "clicked", "autoresponded"})
FAILED = frozenset({"bounced", "rejected", "failed"})
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def provider_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Take reports of the provider in MAIL_EVENTS. 400 for what it did not sign, or what cannot be read.

    Each report is stored when it is answered: a provider that gets no answer sends it again, which changes nothing.
    """
    name, secret = chosen()
    if not name or provider != name:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    found = PROVIDERS[name]
    view = import_string(found.view)(**found.secured(secret))
    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except UNREADABLE:
        return HttpResponse(status=400)
    for event in events:
        if report := _report(event):
            take(report)
    return HttpResponse()


def _report(event: Any) -> Report | None:
    """Return an event as a mail server would report it; None where nothing follows, or it names no message."""
    kind, status = _kind(event)
    number = number_proven(str((event.metadata or {}).get(METADATA, "")))
    found = MESSAGE_ID.fullmatch(str(event.message_id or ""))
    message_id = found[0] if found else ""
    if kind is None or not (number or message_id):
        return None
    return Report(kind=kind, number=number, message_id=message_id, status=status)


def _kind(event: Any) -> tuple[Kind | None, str]:
    found = STATUS.search(f"{event.mta_response or ''} {event.description or ''}")
    status = found[0] if found else ""
    if event.event_type == "complained":
        return Kind.COMPLAINT, ""
    if event.event_type in ACCEPTED:
        return Kind.ACCEPTED, status
    if event.event_type in FAILED:
        return (Kind.GONE if status in NO_SUCH_MAILBOX or event.reject_reason == "invalid" else Kind.FAILED), status
    return None, ""
