"""Accounts and what was shared, for operators. Secrets are never shown; accounts are added by command or in the studio."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from app.social.models import Account, DummyPost, SocialPost
from app.social.sharing import remove as remove_account
from app.social.sharing import resume
from owed import clock


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "network", "owner", "active", "error", "created_at", "removed_at")
    list_filter = ("network", "active", ("removed_at", admin.EmptyFieldListFilter))
    fields = ("name", "network", "endpoint", "owner", "active", "error", "created_at", "removed_at")
    readonly_fields = ("network", "endpoint", "active", "error", "created_at", "removed_at")
    actions = ("switch_off", "switch_on", "remove")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what was shared through the account would go with its row. The action removes it."""
        return False

    @admin.action(description=_("Switch off"))
    def switch_off(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        changed = sum(account.disable() for account in accounts)
        self.message_user(request, gettext("%(count)d switched off.") % {"count": changed})

    @admin.action(description=_("Switch on"))
    def switch_on(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        connected = accounts.filter(removed_at=None)
        changed = sum(not account.active for account in connected)
        for account in connected:
            resume(account, now=clock.now())
        self.message_user(request, gettext("%(count)d switched on.") % {"count": changed})

    @admin.action(description=_("Remove, and forget the secret"))
    def remove(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        removed = sum(remove_account(account, now=clock.now()) for account in accounts)
        self.message_user(request, gettext("%(count)d removed.") % {"count": removed})


@admin.register(SocialPost)
class SocialPostAdmin(ReadOnly):
    list_display = ("post_id", "account", "state", "attempts", "remote_url", "error", "sent_at")
    list_filter = ("state", "account")
    ordering = ("-pk",)


@admin.register(DummyPost)
class DummyPostAdmin(ReadOnly):
    list_display = ("text", "account", "revision", "posted_at", "edited_at", "deleted_at")
    ordering = ("-pk",)
