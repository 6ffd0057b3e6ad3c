"""Schedules in the admin: change, pause, resume and run what the clock owes, and add calls of your own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import clock, registry
from .schedules import EDITABLE, Schedule


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Schedule
        fields = ("name", "task", "args", *EDITABLE)

    def clean(self) -> dict[str, Any] | None:
        registry.load()
        return super().clean()


@admin.action(description=gettext_lazy("Run now"), permissions=["change"])
def run_now(modeladmin: ScheduleAdmin, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
    registry.load()
    ran = [schedule.run_now() for schedule in queryset]
    modeladmin.message_user(request, _("Queued: %(number)d.") % {"number": len(ran)})


@admin.action(description=gettext_lazy("Pause"), permissions=["change"])
def pause(modeladmin: ScheduleAdmin, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
    paused = [schedule for schedule in queryset if schedule.pause(by=request.user.get_username())]
    modeladmin.message_user(request, _("Paused: %(number)d.") % {"number": len(paused)})


@admin.action(description=gettext_lazy("Resume"), permissions=["change"])
def resume(modeladmin: ScheduleAdmin, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
    resumed = [schedule for schedule in queryset if schedule.resume()]
    modeladmin.message_user(request, _("Resumed: %(number)d.") % {"number": len(resumed)})


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ScheduleForm
    list_display = ("name", "timing", "zone", "next_at", "last_at", "paused_at", "edited_by")
    search_fields = ("name", "task")
    ordering = ("name",)
    actions = (run_now, pause, resume)
    readonly_fields = ("next_at", "last_at", "paused_at", "paused_by", "paused_why", "edited_at", "edited_by")

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        """Return what cannot be changed: of a declared schedule, also what it owes."""
        return self.readonly_fields if obj is None or obj.added else ("name", "task", "args", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """Change it by its verb, or plan the first time of a new one."""
        by = request.user.get_username()
        if change and not obj.added:
            obj.change(by=by, **{name: form.cleaned_data[name] for name in EDITABLE})
            return
        obj.added, obj.edited_by = True, by
        obj.next_at = obj.timing.next_after(clock.now())
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        """Keep what the code declares: it would come back, without its edit."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.is_declared and not obj.added)
