"""Publishing, scheduling, withdrawing, mailing again and deleting a post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from app.blog.errors import Refused
from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.newsletter import choices
from app.newsletter.announcing import announce_again
from app.newsletter.audience import size_of
from app.newsletter.models import Send, Subscriber
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.forms import ScheduleForm
from app.studio.panel_form import MailForm
from owed import clock


class TimeMissing(Refused):
    message = gettext_lazy("Enter a date and a time (UTC).")


class TimePast(Refused):
    message = gettext_lazy("That time (UTC) is past. Choose a later one, or publish now.")


@require_http_methods(["POST", "DELETE"])
@writers
def publication(request: WriterRequest, pk: int) -> HttpResponse:
    """Publish; DELETE, or `_method=delete`, withdraws."""
    return _answer(request, pk, withdraw if _is_delete(request) else publish)


@require_http_methods(["POST", "DELETE"])
@writers
def scheduling(request: WriterRequest, pk: int) -> HttpResponse:
    """Publish later; DELETE, or `_method=delete`, makes it a draft again."""
    return _answer(request, pk, unschedule if _is_delete(request) else schedule)


@require_http_methods(["GET", "POST"])
@writers
def mailing(request: WriterRequest, pk: int) -> HttpResponse:
    """Ask whether a post is to be mailed once more; POST does it."""
    return _answer(request, pk, mail_again if request.method == "POST" else ask_to_mail_again)


@require_POST
@writers
def delete(request: WriterRequest, pk: int) -> HttpResponse:
    post = editable_post(request, pk)
    title = post.title
    post.delete()
    say(request, _("“%(title)s” is deleted.") % {"title": title})
    return redirect("studio:posts")


def publish(request: WriterRequest, post: Post) -> HttpResponse:
    """Publish as the publication does by default; the panel asks what a writer wants."""
    may_publish(request, post)
    post.publish(on_site=choices.where_by_default(post.pk))
    say(request, _("Published. This is what follows from it."))
    return redirect("studio:post_effects", post.pk)


def withdraw(request: WriterRequest, post: Post) -> HttpResponse:
    may_publish(request, post)
    post.withdraw()
    say(request, _("Withdrawn. Readers no longer find it."))
    return redirect("studio:post_effects", post.pk)


def schedule(request: WriterRequest, post: Post) -> HttpResponse:
    may_publish(request, post)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        raise TimeMissing
    at: datetime = form.cleaned_data["publish_at"]
    if at <= clock.now():
        raise TimePast
    post.schedule(publish_at=at)
    say(request, _("It will be published on %(time)s (UTC).") % {"time": date_format(at, "DATETIME_FORMAT")})
    return redirect("studio:edit", post.pk)


def unschedule(request: WriterRequest, post: Post) -> HttpResponse:
    may_publish(request, post)
    post.unschedule()
    say(request, _("It is a draft again."))
    return redirect("studio:edit", post.pk)


def ask_to_mail_again(request: WriterRequest, post: Post) -> HttpResponse:
    may_publish(request, post)
    return _mailing_page(request, post, MailForm(post=post, initial={"audience": request.GET.get("audience", "")}))


def mail_again(request: WriterRequest, post: Post) -> HttpResponse:
    """Mail it, where the page that asked showed the last mailing of now."""
    may_publish(request, post)
    form = MailForm(request.POST, post=post)
    if not form.is_valid():
        return _mailing_page(request, post, form)
    number = request.POST.get("round", "")[:9]
    number_asked = int(number) if number.isdecimal() else 0
    send = announce_again(post.pk, number_asked, by=request.user.pk, now=clock.now(), **form.mail())
    say(request, _("The post is being emailed. This is who gets it."))
    return redirect(send)


def _mailing_page(request: WriterRequest, post: Post, form: MailForm) -> HttpResponse:
    last = Send.objects.filter(post=post).order_by("-round").first()
    asked = form["audience"].value() or ""
    about = {
        "post": post,
        "last": last,
        "next": last.round + 1 if last else 1,
        "form": form,
        **vars(size_of(asked, post.pk)),
        "sent": last.balance()[SubmissionState.SENT] if last else 0,
        "has_readers": Subscriber.objects.confirmed().exists(),
    }
    return render(request, "studio/mailing.html", about, status=422 if form.errors else 200)


def say(request: WriterRequest, text: str) -> None:
    messages.success(request, text)


def _answer(request: WriterRequest, pk: int, verb: Callable[[WriterRequest, Post], HttpResponse]) -> HttpResponse:
    post = editable_post(request, pk)
    try:
        return verb(request, post)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("studio:edit", post.pk)


def _is_delete(request: WriterRequest) -> bool:
    """Return whether the request ends the resource; HTML forms send POST alone."""
    return request.method == "DELETE" or request.POST.get("_method") == "delete"


def may_publish(request: WriterRequest, post: Post) -> None:
    if not request.user.can_publish(post):
        raise PermissionDenied
