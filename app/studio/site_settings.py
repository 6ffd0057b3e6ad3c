"""The settings of the publication, tab by tab, and its redirects."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from app.site import redirect_import, themes
from app.site.current import Site, site
from app.site.models import SiteRedirect, SiteSettings
from app.studio.access import WriterRequest, site_keepers
from app.studio.site_forms import TABS, RedirectFileForm, RedirectForm, SiteForm, zones

SHOWN = 200
"""Redirects on the page, the newest first. Others are found by their address."""


@require_http_methods(["GET", "POST"])
@site_keepers
def settings_tab(request: WriterRequest, name: str = "") -> HttpResponse:
    """Show one tab; POST changes what it has."""
    tab = next((each for each in TABS if each.name == name), None)
    if tab is None:
        raise Http404("no such tab")
    form = SiteForm(request.POST or None, request.FILES or None, instance=SiteSettings.stored(), tab=tab, user=request.user)
    if request.method == "POST" and form.is_valid():
        changed = form.keep()
        messages.success(request, _said(changed, site()))
        return redirect(request.path)
    about = {"form": form, "here": tab.name, "tabs": TABS, "zones": zones() if "time_zone" in tab.fields else []}
    return render(request, "studio/site_settings.html", about, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@site_keepers
def redirects(request: WriterRequest) -> HttpResponse:
    """List redirects, newest first; POST adds one."""
    form = RedirectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and _added(form):
        messages.success(request, _("Saved."))
        return redirect("studio:site_redirects")
    return _redirects(request, form, RedirectFileForm())


@require_POST
@site_keepers
def redirects_import(request: WriterRequest) -> HttpResponse:
    """Take redirects from a CSV file."""
    form = RedirectFileForm(request.POST, request.FILES)
    report = _imported(form)
    if report is None or report.refused:
        return _redirects(request, RedirectForm(), form, report)
    count = ngettext("%(count)s redirect was imported.", "%(count)s redirects were imported.", report.kept)
    messages.success(request, count % {"count": report.kept})
    return redirect("studio:site_redirects")


@require_POST
@site_keepers
def redirect_deletion(request: WriterRequest, pk: int) -> HttpResponse:
    get_object_or_404(SiteRedirect, pk=pk).delete()
    messages.success(request, _("Deleted."))
    return redirect("studio:site_redirects")


def _added(form: RedirectForm) -> bool:
    # A known old address is not an error: it leads elsewhere from now on.
    given: dict[str, Any] = {name: form.data.get(name, "") for name in ("path", "target")}
    try:
        redirect_import.change_one(**given, is_permanent="is_permanent" in form.data)
    except ValidationError as error:
        form.is_valid()
        form.errors.clear()
        form.add_error(None, error)
        return False
    return True


def _imported(form: RedirectFileForm) -> redirect_import.Report | None:
    """Return what became of the lines; None where the form says why there are none."""
    if not form.is_valid():
        return None
    try:
        return redirect_import.load(form.cleaned_data["file"].read(redirect_import.LARGEST + 1))
    except ValidationError as error:
        form.add_error("file", error)
        return None


def _redirects(
    request: WriterRequest, form: RedirectForm, file_form: RedirectFileForm, report: redirect_import.Report | None = None
) -> HttpResponse:
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = SiteRedirect.objects.order_by("-pk")
    shown = found.filter(path__icontains=wanted) if wanted else found
    about = {
        "form": form,
        "file_form": file_form,
        "report": report,
        "redirects": shown[:SHOWN],
        "count": found.count(),
        "q": wanted,
        "here": "redirects",
        "tabs": TABS,
    }
    failed = form.errors or file_form.errors or (report and report.refused)
    return render(request, "studio/site_redirects.html", about, status=422 if failed else 200)


def _said(changed: set[str], here: Site) -> str:
    """Return what was saved, and which accent readers see where the chosen one could not be read."""
    light, dark = (themes.shown_accent(here.theme, here.accent, dark=dark) for dark in (False, True))
    if changed & {"accent", "theme"} and here.accent and here.accent.lower() != light:
        text = _("Saved. So that it can be read, the accent is shown as %(light)s on light pages and %(dark)s on dark ones.")
        return text % {"light": light, "dark": dark}
    return _("Saved.") if changed else _("Nothing was changed.")
