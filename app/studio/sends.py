"""The mailing of a post, by reader's outcome, and its rest where it was interrupted."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from app.blog.errors import Refused
from app.mail.submission import SubmissionState
from app.newsletter.announcing import resume_mailing
from app.newsletter.models import Delivery, Send
from app.studio.access import WriterRequest, editable_post, watched_post, watchers, writers
from app.studio.post_effects import balance

PAGE = 100


@require_GET
@watchers
def send(request: WriterRequest, pk: int) -> HttpResponse:
    """Show the law of conservation and each delivery, without any address."""
    found = get_object_or_404(Send.objects.select_related("post", "asked_by__profile"), pk=pk)
    watched_post(request, found.post_id)
    state = request.GET.get("state", "")
    deliveries = Delivery.objects.filter(send=found).order_by("pk")
    if state in SubmissionState.values:
        deliveries = deliveries.filter(state=state)
    page = Paginator(deliveries, PAGE).get_page(request.GET.get("page"))
    about = {"send": found, "post": found.post, "balance": balance(found), "page": page, "state": state}
    may_mail = found.post.is_public and request.user.can_publish(found.post)
    return render(request, "studio/send.html", {**about, "may_mail": may_mail})


@require_POST
@writers
def send_rest(request: WriterRequest, pk: int) -> HttpResponse:
    """Mail the post to those from whom it was withheld."""
    found = get_object_or_404(Send, pk=pk)
    if not request.user.can_publish(editable_post(request, found.post_id)):
        raise PermissionDenied
    try:
        number = resume_mailing(pk)
    except Refused as error:
        messages.error(request, str(error))
    else:
        text = ngettext("Being emailed to %(count)s subscriber.", "Being emailed to %(count)s subscribers.", number)
        messages.success(request, text % {"count": number})
    return redirect("studio:send", pk)
