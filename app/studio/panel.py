"""The publish panel: what a writer decides when a post is published, with how many it reaches and what it still lacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.models import Profile
from app.blog.errors import Refused
from app.blog.models import Post
from app.newsletter import choices
from app.newsletter.audience import size_of
from app.newsletter.models import MailingSettings, Send
from app.social.models import ShareChoice
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.checklist import warnings
from app.studio.panel_form import PanelForm
from app.studio.post_effects import balance
from app.studio.publication import may_publish, say


def show(request: WriterRequest, post: Post) -> HttpResponse:
    """Lead to the panel. Called by the editor, which has just saved the post."""
    may_publish(request, post)
    return redirect("studio:panel", post.pk)


@require_http_methods(["GET", "POST"])
@writers
def panel(request: WriterRequest, pk: int) -> HttpResponse:
    """Ask where, to whom and when a post is published; POST does it."""
    post = editable_post(request, pk)
    may_publish(request, post)
    if post.is_public:
        return redirect("studio:edit", pk)
    last = Send.objects.filter(post=post).order_by("-round").first()
    form = PanelForm(request.POST or None, post=post, user=request.user, mailed=last is not None)
    if request.method == "POST" and "count" not in request.POST and form.is_valid():
        try:
            return _decide(request, post, form)
        except Refused as error:
            form.add_error(None, str(error))
    return _page(request, post, form, last)


@require_GET
@writers
def audience_size(request: WriterRequest, pk: int) -> HttpResponse:
    """Say how many subscribers an audience has now: the line under the choice."""
    post = editable_post(request, pk)
    may_publish(request, post)
    size = size_of(request.GET.get("audience", "")[:200], pk)
    template = "studio/mail_button.html" if "button" in request.GET else "studio/audience_size.html"
    return render(request, template, vars(size))


def _page(request: WriterRequest, post: Post, form: PanelForm, last: Send | None) -> HttpResponse:
    about: dict[str, Any] = {
        "post": post,
        "form": form,
        **vars(size_of(form["audience"].value() or "", post.pk)),
        "warnings": warnings(post),
        "last": last,
        "delay": int(MailingSettings.now().pause.total_seconds()),
    }
    if last:
        about["balance"] = balance(last)
    is_refused = form.is_bound and "count" not in request.POST
    return render(request, "studio/panel.html", about, status=422 if is_refused else 200)


def _decide(request: WriterRequest, post: Post, form: PanelForm) -> HttpResponse:
    wish = form.wish()
    with transaction.atomic():
        choices.choose(post.pk, wish, by=request.user.pk)
        ShareChoice.objects.choose(post.pk, form.shares())
        if form.at is None:
            post.publish(on_site=wish.on_site)
        else:
            post.schedule(publish_at=form.at, on_site=wish.on_site)
            Profile.objects.filter(user=request.user).update(time_zone=form.cleaned_data["time_zone"])
    if form.at:
        return _planned(request, post, form.at, form.cleaned_data["time_zone"])
    say(request, _("Published. This is what follows from it."))
    return redirect("studio:post_effects", post.pk)


def _planned(request: WriterRequest, post: Post, at: datetime, zone: str) -> HttpResponse:
    shown = date_format(at.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None), "DATETIME_FORMAT")
    say(request, _("It will be published on %(time)s (%(zone)s).") % {"time": shown, "zone": zone or "UTC"})
    return redirect("studio:edit", post.pk)
