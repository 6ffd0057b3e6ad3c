"""Links that show a draft to others: made here, shown once, revoked here."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from app.blog.errors import Refused
from app.blog.models import PreviewLink
from app.blog.pages import PREVIEW
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.publication import say

SHOWN = 100


class PreviewForm(forms.Form):
    days = forms.TypedChoiceField(
        label=gettext_lazy("The link works for"),
        coerce=int,
        initial=7,
        choices=[(1, gettext_lazy("a day")), (7, gettext_lazy("a week")), (30, gettext_lazy("30 days"))],
    )


@require_http_methods(["GET", "POST"])
@writers
def previews(request: WriterRequest, pk: int) -> HttpResponse:
    """List the links to a post; POST makes one, and shows it this once."""
    post = editable_post(request, pk)
    form, url = PreviewForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _link, token = PreviewLink.objects.issue(post, request.user, timedelta(days=form.cleaned_data["days"]))
            url = settings.SITE_URL + PREVIEW.url(token)
        except Refused as error:
            form.add_error(None, str(error))
    links = PreviewLink.objects.filter(post=post).select_related("created_by__profile").order_by("-created_at", "-pk")
    about = {"post": post, "form": form, "url": url, "links": links[:SHOWN], "now": timezone.now()}
    return render(request, "studio/previews.html", about, status=422 if form.errors else 200)


@require_POST
@writers
def revoke(request: WriterRequest, pk: int, link_id: int) -> HttpResponse:
    """Close a link at once."""
    link = get_object_or_404(PreviewLink, post=editable_post(request, pk), pk=link_id)
    if link.revoke():
        say(request, _("The link is revoked. It shows nothing any more."))
    else:
        messages.info(request, _("The link was revoked already."))
    return redirect("studio:previews", pk)
