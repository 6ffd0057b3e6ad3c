"""Notices that failed or whose fate is not known, and sending one again."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from app.accounts.rate_limit import TOO_MANY, may_try
from app.mail.submission import NotInDoubt, Submission, SubmissionState
from app.newsletter.models import Confirmation, Digest
from app.notices.models import Notice
from app.studio.access import WriterRequest, list_keepers, operators

PAGE = 50
TROUBLE = (SubmissionState.FAILED, SubmissionState.UNKNOWN)
MOST = 5
"""Attempts of one mail after which a person cannot ask for another."""
PER_MINUTE = 20


@require_GET
@operators
def notices(request: WriterRequest) -> HttpResponse:
    """List notices that did not reach the mail server, or perhaps did, newest first."""
    found = Notice.objects.filter(state__in=TROUBLE).select_related("recipient__profile", "post").order_by("-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "studio/notices.html", {"page": page, "most": MOST})


@require_POST
@operators
def notice_again(request: WriterRequest, pk: int) -> HttpResponse:
    """Send one notice again."""
    _again(request, get_object_or_404(Notice, pk=pk))
    return redirect("studio:notices")


@require_POST
@list_keepers
def confirmation_again(request: WriterRequest, pk: int) -> HttpResponse:
    """Ask an address again whether its subscription was meant."""
    confirmation = get_object_or_404(Confirmation, pk=pk)
    _again(request, confirmation)
    return redirect("studio:subscriber", confirmation.subscriber_id)


@require_POST
@list_keepers
def digest_again(request: WriterRequest, pk: int) -> HttpResponse:
    """Send a digest again that was refused, or of which it is not known whether it arrived."""
    digest = get_object_or_404(Digest.objects.exclude(subscriber=None), pk=pk)
    _again(request, digest)
    return redirect("studio:subscriber", digest.subscriber_id)


def _again(request: WriterRequest, mail: Notice | Confirmation | Digest) -> None:
    if refusal := _refusal(request, mail):
        messages.error(request, refusal)
        return
    try:
        mail.resend()
    except NotInDoubt:
        messages.warning(request, _("It is not known to be lost: there is nothing to send again."))
    else:
        messages.success(request, _("It is being sent again."))


def _refusal(request: WriterRequest, mail: Submission) -> str:
    if mail.attempts >= MOST:
        return _("It was tried %(number)s times. Look at the error first.") % {"number": mail.attempts}
    return "" if may_try("mail.again", str(request.user.pk), per_minute=PER_MINUTE) else str(TOO_MANY)
