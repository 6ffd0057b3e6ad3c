"""Schedules: what the clock owes; changing, pausing and running it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.studio.access import WriterRequest, lookers, operators
from app.studio.control_room import scheduled
from app.studio.post_effects import KINDS
from owed import clock
from owed.schedules import EDITABLE, Schedule


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Schedule
        fields = EDITABLE
        labels = {  # noqa: RUF012 - Django's own way
            "cron": gettext_lazy("Cron expression"),
            "zone": gettext_lazy("Time zone"),
            "every": gettext_lazy("or every so many seconds"),
            "missed": gettext_lazy("Times that pass while no scheduler runs"),
        }
        help_texts = {  # noqa: RUF012
            "cron": gettext_lazy("Minute, hour, day, month, day of the week, such as 30 7 * * MON."),
            "zone": gettext_lazy("Such as Europe/Berlin."),
        }


@require_GET
@lookers
def schedules(request: WriterRequest) -> HttpResponse:
    """List what the clock owes."""
    shown = {"schedules": scheduled(), "overdue": set(Schedule.objects.overdue(clock.now()).values_list("pk", flat=True))}
    return render(request, "studio/schedules.html", {**shown, "kinds": KINDS})


@require_http_methods(["GET", "POST"])
@operators
def schedule(request: WriterRequest, pk: int) -> HttpResponse:
    """Change when it runs."""
    row = get_object_or_404(Schedule, pk=pk)
    form = ScheduleForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            row.change(by=request.user.get_username(), **{name: form.cleaned_data[name] for name in EDITABLE})
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:schedules")
    status = 422 if form.errors else 200
    return render(
        request, "studio/schedule.html", {"schedule": get_object_or_404(Schedule, pk=pk), "form": form}, status=status
    )


@require_POST
@operators
def run(request: WriterRequest, pk: int) -> HttpResponse:
    """Owe it now."""
    [effect] = get_object_or_404(Schedule, pk=pk).run_now().ids
    messages.success(request, _("Queued."))
    return redirect("studio:effect", effect)


@require_POST
@operators
def pause(request: WriterRequest, pk: int) -> HttpResponse:
    """Run it no more, with a reason."""
    row = get_object_or_404(Schedule, pk=pk)
    why = request.POST.get("why", "").replace("\x00", "").strip()
    if row.pause(by=request.user.get_username(), why=why):
        messages.success(request, _("Paused."))
    return redirect("studio:schedules")


@require_POST
@operators
def resume(request: WriterRequest, pk: int) -> HttpResponse:
    """Go on with the next time."""
    if get_object_or_404(Schedule, pk=pk).resume():
        messages.success(request, _("Resumed."))
    return redirect("studio:schedules")


@require_POST
@operators
def reset(request: WriterRequest, pk: int) -> HttpResponse:
    """Take the time that the code has."""
    if get_object_or_404(Schedule, pk=pk).reset():
        messages.success(request, _("As in the code."))
    return redirect("studio:schedules")
