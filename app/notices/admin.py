"""Notices and watches in Django's admin."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from app.notices.models import Notice, Watch


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "kind", "recipient", "post", "state", "error", "submitted_at")
    list_filter = ("kind", "state")
    list_select_related = ("recipient", "post")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Watch)
class WatchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Editors who want to be notified of drafts are entered here."""

    list_display = ("user", "created_at")
    list_select_related = ("user",)
