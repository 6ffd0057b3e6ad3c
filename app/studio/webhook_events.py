"""What an endpoint is called about, and what became of the last calls."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from app.blog.errors import Refused
from app.social.models import Account
from app.studio.access import WriterRequest, writers
from app.webhooks.choosing import choices_for, choose, endpoints_of

SHOWN = 30


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
    about = {
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
