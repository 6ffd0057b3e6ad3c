"""The ledger in the admin: read, and act on effects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import pausing
from .acting import REASON_SIZE, RETRY, VERBS, Decision, ReasonNeeded, Verb
from .models import Attempt, Effect, EffectSet, Pause


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=REASON_SIZE, label=gettext_lazy("Reason:"))


def action(verb: Verb) -> Any:
    """Return an action of the admin that does this to the chosen effects."""

    # Who may look may retry; the rest ends something for good, or sooner than was meant.
    @admin.action(description=verb.label, permissions=["view" if verb is RETRY else "act"])
    def act(modeladmin: EffectAdmin, request: HttpRequest, queryset: QuerySet[Effect]) -> None:
        decision = Decision(by=request.user.get_username(), reason=request.POST.get("reason", ""))
        try:
            changed = verb.act_on(list(queryset.values_list("pk", flat=True)), decision)
        except ReasonNeeded:
            modeladmin.message_user(request, _("Give a reason. It is kept with the effects."), messages.ERROR)
            return
        said = ngettext("%(number)d effect changed.", "%(number)d effects changed.", changed) % {"number": changed}
        modeladmin.message_user(request, said)

    act.__name__ = verb.name.replace("-", "_")
    return act


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Attempt
    verbose_name_plural = gettext_lazy("failed attempts")
    fields = readonly_fields = ("number", "ended_at", "seconds", "worker", "outcome", "error", "traceback_as_text")
    extra = 0

    @admin.display(description=gettext_lazy("traceback"))
    def traceback_as_text(self, attempt: Attempt) -> str:
        return format_html("<pre>{}</pre>", attempt.traceback) if attempt.traceback else "-"

    def has_add_permission(self, request: HttpRequest, obj: Effect | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Attempt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Attempt | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Attempt | None = None) -> bool:
        return request.user.has_perm("owed.view_effect")


@admin.register(Effect)
class EffectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "task", "about", "state", "attempt", "due_at", "finished_at", "error", "reason")
    list_filter = ("state", "queue", "task")
    search_fields = ("=id", "=about", "=hint")
    ordering = ("-pk",)
    actions = tuple(action(verb) for verb in VERBS.values())
    action_form = ReasonForm
    inlines = (AttemptInline,)
    show_full_result_count = False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("owed.change_effect")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Effect | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Effect | None = None) -> bool:
        return False


@admin.register(EffectSet)
class EffectSetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "task", "outstanding", "size", "about", "created_at", "owed_at")
    list_filter = (("owed_at", admin.EmptyFieldListFilter),)
    fields = readonly_fields = (*list_display, "members")
    search_fields = ("=id", "=about")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("members"))
    def members(self, counted: EffectSet) -> str:
        listed = reverse("admin:owed_effect_changelist", current_app=self.admin_site.name)
        states = Effect.objects.filter(member_of=counted.pk).by_state()
        links = ((listed, counted.pk, state.value, number, state.label) for state, number in states)
        return format_html_join(" · ", '<a href="{}?member_of={}&amp;state__exact={}">{} {}</a>', links) or "-"

    def has_view_permission(self, request: HttpRequest, obj: EffectSet | None = None) -> bool:
        return request.user.has_perm("owed.view_effect")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EffectSet | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EffectSet | None = None) -> bool:
        return False


@admin.action(description=gettext_lazy("Resume"), permissions=["delete"])
def resume(modeladmin: PauseAdmin, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
    for each in queryset:
        pausing.resume(queue=each.queue, task=each.task, decision=Decision(by=request.user.get_username()))


class PauseForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("queue")) == bool(given.get("task")):
            raise forms.ValidationError(_("Name a queue or a task, and not both."))
        return given


@admin.register(Pause)
class PauseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("queue", "task", "reason", "decided_by", "since")
    form = PauseForm
    fields = ("queue", "task", "reason")
    actions = (resume,)

    def save_model(self, request: HttpRequest, obj: Pause, form: Any, change: bool) -> None:
        decision = Decision(by=request.user.get_username(), reason=obj.reason)
        pausing.pause(queue=obj.queue, task=obj.task, decision=decision)
        # pause() inserts the row itself, and its page and its entry in the log show since when.
        obj.pk = Pause.objects.filter(queue=obj.queue, task=obj.task).values_list("pk", flat=True).get()
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Pause) -> None:
        pausing.resume(queue=obj.queue, task=obj.task, decision=Decision(by=request.user.get_username()))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
        """Put back to work what was paused: deleting the rows alone would not."""
        resume(self, request, queryset)

    def has_change_permission(self, request: HttpRequest, obj: Pause | None = None) -> bool:
        return False


from . import schedule_admin  # noqa: E402, F401 - registers itself
