"""The mailing list in Django's admin: looked at, not written; verbs change it."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from app.newsletter.models import Delivery, Digest, Send, Subscriber


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    list_display = ("email", "state", "frequency", "source", "consented_at", "confirmed_at", "unsubscribed_at")
    list_filter = ("state", "source")
    search_fields = ("email",)
    exclude = ("token",)


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    list_display = ("id", "subscriber", "period", "frequency", "state", "error", "submitted_at")
    list_filter = ("state", "frequency")
    list_select_related = ("subscriber",)


@admin.register(Send)
class SendAdmin(ReadOnlyAdmin):
    list_display = ("post", "round", "state", "candidates", "created_at", "finished_at")
    list_filter = ("state",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "post", "subscriber", "state", "error", "submitted_at")
    list_filter = ("state",)
    list_select_related = ("post", "subscriber")
