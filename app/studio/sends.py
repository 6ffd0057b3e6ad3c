"""The mailing of a post, by reader's outcome."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Send
from app.studio.access import WriterRequest, watched_post, watchers
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
    return render(request, "studio/send.html", about)
