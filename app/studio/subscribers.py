"""Who reads by mail: the list, one reader, and adding one by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.rate_limit import may_send, refused
from app.blog.errors import Refused
from app.newsletter.lists.exporting import subscribers_csv
from app.newsletter.models import Segment, Subscriber
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.subscriber import SOURCES
from app.newsletter.reader_facts import bounces_of, deliveries_of, digests_of, facts_of
from app.newsletter.subscriber_list import Filters, mailed_posts, slice_of, sources, tags
from app.studio.access import WriterRequest, list_keepers
from app.studio.notices import MOST
from app.studio.statistics import growth
from app.studio.subscriber_forms import AddForm, FilterForm, FrequencyForm, SegmentForm, TagsForm

MAILS = 50


@require_GET
@list_keepers
def subscribers(request: WriterRequest) -> HttpResponse:
    """List subscribers, newest first, with their number by state."""
    filters = FilterForm(request.GET).filters()
    page = slice_of(filters.found(), after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return render(request, "studio/subscribers.html", {"filters": filters, "page": page, **growth(), **_choices(filters)})


@require_GET
@list_keepers
def subscribers_file(request: WriterRequest) -> StreamingHttpResponse:
    """Give out what the list shows, as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="subscribers.csv"'}
    lines = subscribers_csv(FilterForm(request.GET).filters())
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_http_methods(["GET", "POST"])
@list_keepers
def add(request: WriterRequest) -> HttpResponse:
    """Ask for an address and how its owner agreed; they are asked to confirm by mail."""
    form = AddForm(request.POST if request.method == "POST" else None)
    may_ask = request.method == "POST" and form.is_valid() and may_send(form, request, "subscribers.added")
    if may_ask and (invited := _invite(request, form)):
        messages.success(request, _("An email asks %(email)s to confirm.") % {"email": invited.email})
        return redirect("studio:subscriber", invited.pk)
    response = render(request, "studio/subscriber_add.html", {"form": form})
    return refused(response, form) if form.errors else response


@require_GET
@list_keepers
def subscriber(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one reader: consent, and every mail that was owed."""
    found = get_object_or_404(Subscriber.objects.select_related("user__profile", "added_by__profile", "came_with"), pk=pk)
    page = Paginator(deliveries_of(found), MAILS).get_page(request.GET.get("page"))
    about = {"reader": found, "page": page, "questions": found.confirmations.order_by("-pk"), "most": MOST}
    about |= {"bounces": bounces_of(found)[:MAILS], "digests": digests_of(found)[:MAILS]}
    form = FrequencyForm(initial={"frequency": found.frequency, "time_zone": found.time_zone})
    return render(request, "studio/subscriber.html", {**about, "form": form})


@require_GET
@list_keepers
def subscriber_json(request: WriterRequest, pk: int) -> HttpResponse:
    """Give out all that is kept of one reader."""
    headers = {"Content-Disposition": f'attachment; filename="subscriber-{pk}.json"'}
    return JsonResponse(facts_of(get_object_or_404(Subscriber, pk=pk)), headers=headers, json_dumps_params={"indent": 1})


@require_POST
@list_keepers
def segments(request: WriterRequest) -> HttpResponse:
    """Save the filter of the list under a name."""
    filters = {name: request.POST[name] for name in FilterForm.base_fields if request.POST.get(name)}
    filters = {name: str(value) for name, value in vars(FilterForm(filters).filters()).items() if value}
    form = SegmentForm(request.POST, instance=Segment(filters=filters, created_by=request.user))
    if filters and form.is_valid():
        form.save()
        messages.success(request, _("The filter is saved."))
    else:
        found = form.errors.get("name") if filters else None
        messages.error(request, str(found[0]) if found else _("Filter the list first."))
    return redirect(f"{reverse('studio:subscribers')}?{urlencode(filters)}")


@require_POST
@list_keepers
def segment_deletion(request: WriterRequest, pk: int) -> HttpResponse:
    """Forget a saved filter. Subscribers stay as they are."""
    get_object_or_404(Segment, pk=pk).delete()
    messages.success(request, _("The saved filter is deleted. No subscriber was changed."))
    return redirect("studio:subscribers")


@require_POST
@list_keepers
def reader_tags(request: WriterRequest, pk: int) -> HttpResponse:
    """Replace the tags of one reader."""
    form = TagsForm(request.POST)
    if form.is_valid():
        get_object_or_404(Subscriber, pk=pk).retag(form.names())
        messages.success(request, _("The tags are saved."))
    return redirect("studio:subscriber", pk)


@require_POST
@list_keepers
def reader_frequency(request: WriterRequest, pk: int) -> HttpResponse:
    """Mail one reader each post, or a digest of them."""
    form = FrequencyForm(request.POST)
    if form.is_valid():
        get_object_or_404(Subscriber, pk=pk).choose_frequency(**form.cleaned_data)
        messages.success(request, _("Saved. What waits for a digest goes out with the next one that is due."))
    else:
        messages.error(request, _("Choose how often, and a time zone of the list."))
    return redirect("studio:subscriber", pk)


@require_POST
@list_keepers
def unsubscription(request: WriterRequest, pk: int) -> HttpResponse:
    """Stop every mail to one reader."""
    found = get_object_or_404(Subscriber, pk=pk)
    if found.unsubscribe():
        messages.success(request, _("Unsubscribed. Emails that are still queued for this reader are not sent."))
    return redirect("studio:subscriber", pk)


@require_POST
@list_keepers
def suppression(request: WriterRequest, pk: int) -> HttpResponse:
    """Mail an address again that was held back for bounces."""
    found = get_object_or_404(Subscriber, pk=pk)
    try:
        found.lift()
        messages.success(request, _("Lifted. The next mailing goes to this address again."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:subscriber", pk)


@require_POST
@list_keepers
def erasure(request: WriterRequest, pk: int) -> HttpResponse:
    """Forget one reader for good."""
    get_object_or_404(Subscriber, pk=pk).erase()
    messages.success(request, _("Erased. What was sent stays counted, without the address."))
    return redirect("studio:subscribers")


def _invite(request: WriterRequest, form: AddForm) -> Subscriber | None:
    try:
        return Subscriber.objects.invite(by_id=request.user.pk, **form.invitation())
    except Refused as error:
        form.add_error("email", str(error))
        return None


def _more() -> dict[str, Any]:
    return {"posts": mailed_posts(), "segments": Segment.objects.all()}


def _choices(filters: Filters) -> dict[str, Any]:
    counts = filters.counts()
    states = [(state, Subscriber.State(state).label, number) for state, number in counts.items()]
    known = [(source, SOURCES.get(source, source), number) for source, number in sources() if source]
    saved = [(name, str(value)) for name, value in vars(filters).items() if value]
    is_filtered = bool(saved)
    return {
        "states": states,
        "total": sum(counts.values()),
        "sources": known,
        "frequencies": Frequency.choices,
        "tags": tags(),
        **_more(),
        "saved": saved,
        "is_filtered": is_filtered,
    }
