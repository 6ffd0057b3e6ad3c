"""The first steps of a new publication: its name, how it looks, and where its first words come from."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from app.newsletter.models import MailingSettings
from app.site.models import SiteSettings
from app.studio.access import WriterRequest, site_keepers
from app.studio.mailing_settings import SenderForm
from app.studio.site_forms import SiteForm, Tab, zones

STEPS = (
    Tab(name="name", label=gettext_lazy("Name your publication"), fields=("name", "tagline", "language", "time_zone")),
    Tab(name="look", label=gettext_lazy("Choose its look"), fields=("theme", "accent", "fonts", "logo")),
    Tab(name="email", label=gettext_lazy("Say who its emails are from"), fields=("sender_name", "reply_to", "postal_address")),
)
FIRST = 2
"""The number of the first of them: the account was step one."""


@require_safe
@site_keepers
def welcome(request: WriterRequest) -> HttpResponse:
    return redirect("studio:welcome_step", STEPS[0].name)


@require_http_methods(["GET", "POST"])
@site_keepers
def welcome_step(request: WriterRequest, name: str) -> HttpResponse:
    """Show one step; POST keeps what was chosen, and leads to the next."""
    number = next((number for number, each in enumerate(STEPS) if each.name == name), None)
    if number is None:
        raise Http404("no such step")
    tab = STEPS[number]
    following = reverse("studio:welcome_step", args=[STEPS[number + 1].name]) if tab != STEPS[-1] else reverse("studio:begin")
    form = _form(request, tab)
    if request.method == "POST" and form.is_valid():
        form.keep()
        return redirect(following)
    about: dict[str, Any] = {"form": form, "step": tab, "number": number + FIRST, "following": following}
    about["zones"] = zones() if "time_zone" in tab.fields else []
    return render(request, "studio/welcome.html", about, status=422 if form.errors else 200)


def _form(request: WriterRequest, tab: Tab) -> SiteForm | SenderForm:
    if tab.name == "email":
        return SenderForm(request.POST or None, instance=MailingSettings.now())
    return SiteForm(request.POST or None, request.FILES or None, instance=SiteSettings.stored(), tab=tab, user=request.user)


@require_safe
@site_keepers
def begin(request: WriterRequest) -> HttpResponse:
    """Offer where to begin: a first post, an import, the list of subscribers."""
    return render(request, "studio/begin.html")
