"""The mail check as a page: what was found last, and when; a worker looks."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from app.newsletter.models import BounceMailbox, MailCheck
from app.studio.access import WriterRequest, list_keepers


@require_http_methods(["GET", "POST"])
@list_keepers
def mail_check(request: WriterRequest) -> HttpResponse:
    """Show the verdicts; POST has a worker check again. Asked by htmx, only the part that changes."""
    if request.method == "POST":
        if not MailCheck.objects.ask():
            messages.info(request, _("A check is on its way already."))
        return redirect("studio:mail_check")
    template = "studio/verdicts.html" if request.htmx else "studio/mail_check.html"
    mailbox = BounceMailbox.now() if settings.BOUNCE_MAILBOX else None
    return render(request, template, {"check": MailCheck.objects.now(), "mailbox": mailbox})
