"""The mailing of a post, by reader's outcome, and what a person decides about it: pause, resume, cancel, send again."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from app.blog.errors import Refused
from app.mail.submission import SubmissionState
from app.newsletter import steering
from app.newsletter.announcing import mail_the_rest
from app.newsletter.certificate import certify
from app.newsletter.lists.exporting import deliveries_csv
from app.newsletter.models import Bounce, Delivery, Send
from app.newsletter.models.states import STATES
from app.newsletter.outcomes import by_domain
from app.studio.access import WriterRequest, editable_post, list_keepers, watched_post, watchers, writers
from app.studio.post_effects import balance

PAGE = 100
AGAIN = frozenset({SubmissionState.FAILED, SubmissionState.UNKNOWN})
"""The states in which one copy may be sent again."""


@require_GET
@watchers
def send(request: WriterRequest, pk: int) -> HttpResponse:
    """Show the law of conservation and each delivery; its address only to those who see the mailing list.

    Asked by htmx, only the sums, which change.
    """
    found = get_object_or_404(Send.objects.select_related("post", "asked_by__profile", "paused_by__profile"), pk=pk)
    watched_post(request, found.post_id)
    may_decide = request.user.can_publish(found.post)
    about = {"send": found, "post": found.post, "balance": balance(found), "live": True}
    about |= {"may_decide": may_decide, "may_mail": may_decide and found.post.is_out}
    if request.htmx:
        return render(request, "studio/send_sums.html", about)
    chosen = _chosen(request)
    page = Paginator(_deliveries(found, **chosen), PAGE).get_page(request.GET.get("page"))
    about |= {"page": page, **chosen, "again": AGAIN, "reports": _reports(found), "domains": by_domain(found)}
    about["sees_readers"] = request.user.can_manage_subscribers()
    return render(request, "studio/send.html", about)


@require_GET
@watchers
def certificate(request: WriterRequest, pk: int) -> HttpResponseBase:
    """Give out the certificate of a mailing that is over."""
    found = get_object_or_404(Send.objects.select_related("post"), pk=pk)
    watched_post(request, found.post_id)
    try:
        octets = certify(found)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("studio:send", pk)
    headers = {"Content-Disposition": f'attachment; filename="mailing-{pk}.zip"'}
    return StreamingHttpResponse(octets, content_type="application/zip", headers=headers)


@require_GET
@list_keepers
def deliveries_file(request: WriterRequest, pk: int) -> HttpResponseBase:
    """Give out what the table of a mailing shows, as CSV."""
    found = get_object_or_404(Send, pk=pk)
    lines = deliveries_csv(_deliveries(found, **_chosen(request)))
    headers = {"Content-Disposition": f'attachment; filename="mailing-{pk}.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _chosen(request: WriterRequest) -> dict[str, str]:
    """Return the state and the words that the table is asked for. Only those who see addresses may search them."""
    state, words = request.GET.get("state", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    return {"state": state if state in STATES else "", "q": words if request.user.can_manage_subscribers() else ""}


def _deliveries(found: Send, *, state: str, q: str) -> QuerySet[Delivery]:
    deliveries = Delivery.objects.filter(send=found).select_related("digest", "subscriber").order_by("pk")
    if state:
        deliveries = deliveries.filter(state=state)
    return deliveries.filter(Q(subscriber__email__icontains=q) | Q(subscriber__name__icontains=q)) if q else deliveries


def _deciding(verb: Callable[[WriterRequest, Send], str]) -> Callable[..., HttpResponse]:
    """Return a view that lets one who may publish the post decide, says what came of it, and shows the mailing."""

    @require_POST
    @writers
    def view(request: WriterRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(Send, pk=pk)
        if not request.user.can_publish(editable_post(request, found.post_id)):
            raise PermissionDenied
        try:
            messages.success(request, verb(request, found))
        except Refused as error:
            messages.error(request, str(error))
        return redirect("studio:send", pk)

    return view  # type: ignore[return-value]


@_deciding
def pause(request: WriterRequest, found: Send) -> str:
    now = steering.pause(found, by=request.user.pk)
    text = _("Paused: %(sent)s sent, %(waiting)s stopped, %(leaving)s on their way, %(in_doubt)s in doubt.")
    return text % {name: localize(number) for name, number in vars(now).items()}


@_deciding
def resume(request: WriterRequest, found: Send) -> str:
    steering.resume(found)
    return _("The mailing goes on.")


@_deciding
def cancel(request: WriterRequest, found: Send) -> str:
    number = steering.cancel(found)
    text = ngettext(
        "Cancelled: %(count)s subscriber does not get it.", "Cancelled: %(count)s subscribers do not get it.", number
    )
    return text % {"count": localize(number)}


@_deciding
def rest(request: WriterRequest, found: Send) -> str:
    """Mail the post to those from whom it was withheld."""
    return _being_mailed(mail_the_rest(found.pk))


@_deciding
def failed(request: WriterRequest, found: Send) -> str:
    """Mail it again to those whose copy was refused."""
    return _being_mailed(steering.retry_failed(found))


@require_POST
@writers
def delivery_again(request: WriterRequest, pk: int) -> HttpResponse:
    """Send one copy again that failed, or of which no one knows whether it arrived."""
    delivery = get_object_or_404(Delivery.objects.select_related("send"), pk=pk)
    if not request.user.can_publish(editable_post(request, delivery.post_id)):
        raise PermissionDenied
    try:
        steering.resend(delivery)
        messages.success(request, _("This copy is being sent again."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:send", delivery.send_id)


def _reports(found: Send) -> dict[str, int]:
    """Return how many subscribers it did not reach after all, and how many called it spam."""
    counted = dict(found.bounces.values_list("kind").annotate(number=Count("subscriber", distinct=True)).order_by())
    spam = counted.pop(Bounce.Kind.COMPLAINT, 0)
    return {"bounced": sum(counted.values()), "spam": spam} if counted or spam else {}


def _being_mailed(number: int) -> str:
    text = ngettext("Being emailed to %(count)s subscriber.", "Being emailed to %(count)s subscribers.", number)
    return text % {"count": localize(number)}
