"""The ledger in the admin: read, and replay dead letters."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from . import dead_letters
from .models import Attempt, Effect


@admin.action(description=gettext_lazy("Retry failed effects"))
def replay(modeladmin: EffectAdmin, request: HttpRequest, queryset: QuerySet[Effect]) -> None:
    replayed = dead_letters.replay(list(queryset.values_list("pk", flat=True)))
    modeladmin.message_user(request, f"{replayed} owed again.")


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
    list_display = ("id", "task", "about", "state", "attempt", "due_at", "finished_at", "error")
    list_filter = ("state", "queue", "task")
    search_fields = ("=id", "=about", "=hint")
    ordering = ("-pk",)
    actions = (replay,)
    inlines = (AttemptInline,)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Effect | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Effect | None = None) -> bool:
        return False


from . import schedule_admin  # noqa: E402, F401 - registers itself
