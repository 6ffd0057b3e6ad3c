"""What an endpoint is called about, what became of the last calls; a test call, and another secret."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.rate_limit import TOO_MANY, may_try
from app.blog.errors import Refused
from app.social.models import Account
from app.studio.access import WriterRequest, writers
from app.webhooks import endpoints
from app.webhooks.choosing import choices_for, choose, endpoints_of

SHOWN = 30
TESTS_A_MINUTE = 10


@require_http_methods(["GET", "POST"])
@writers
def webhook_events(request: WriterRequest, pk: int) -> HttpResponse:
    """Show the events that the endpoint may choose, and its last calls; POST chooses."""
    endpoint = _endpoint(request, pk)
    if request.method == "POST":
        try:
            choose(endpoint, request.POST.getlist("event"))
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(name)s gets the events that you chose.") % {"name": endpoint.name})
        return redirect("studio:webhook_events", pk)
    return _page(request, endpoint)


@require_POST
@writers
def webhook_test(request: WriterRequest, pk: int) -> HttpResponse:
    """Owe a test call, as often as by the API."""
    endpoint = _endpoint(request, pk)
    try:
        if not may_try("webhook.test", str(pk), per_minute=TESTS_A_MINUTE):
            raise Refused(str(TOO_MANY))
        endpoints.try_out(endpoint)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("A test call is on its way. It is the first of the last calls."))
    return redirect("studio:webhook_events", pk)


@require_POST
@writers
@never_cache
def webhook_secret(request: WriterRequest, pk: int) -> HttpResponse:
    """Make another secret, and show it this once: in this answer, as a message of the session would be stored."""
    endpoint = _endpoint(request, pk)
    try:
        secret = endpoints.rotate(endpoint, keep_old="keep_old" in request.POST)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("studio:webhook_events", pk)
    return _page(request, endpoint, secret)


def _page(request: WriterRequest, endpoint: Account, secret: str = "") -> HttpResponse:
    about = {
        "secret": secret,
        "endpoint": endpoint,
        "choices": [(name, label, name in endpoint.events) for name, label in choices_for(endpoint)],
        "calls": endpoint.calls.order_by("-pk")[:SHOWN],
        "sees_effects": request.user.sees_operations,
    }
    return render(request, "studio/webhook_events.html", about)


def _endpoint(request: WriterRequest, pk: int) -> Account:
    """Return a webhook of the user's. Raises Http404, PermissionDenied."""
    found = endpoints_of(request.user).select_related("owner").filter(pk=pk).first()
    if found is None:
        raise PermissionDenied if Account.objects.connected().filter(pk=pk).exists() else Http404
    return found
