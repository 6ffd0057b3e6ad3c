"""Accounts in Django's admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from app.accounts.models import ApiToken, LastAdministrator, Profile, User

LAST = _("This is the last administrator. Make someone else one first.")


class AccountCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email", "role")


class AccountChangeForm(UserChangeForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        """Keep one who decides about everyone. The admin saves in the transaction in which it validates."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not all(data.get(flag, getattr(self.instance, flag)) for flag in ("is_active", "is_superuser")):
            try:
                self.instance.leave_an_administrator()
            except LastAdministrator:
                raise ValidationError(LAST) from None
        return data


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    form = AccountChangeForm
    add_form = AccountCreationForm
    list_display = ("username", "role", "registered_via", "is_active", "date_joined")
    list_filter = ("role", "registered_via", "is_active")
    readonly_fields = ("registered_via", "email_confirmed_at", "last_login", "date_joined")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Here", {"fields": ("role", "registered_via", "email_confirmed_at")}))
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "role", "usable_password", "password1", "password2")}),
    )


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "post_count", "published_post_count")
    list_select_related: ClassVar = ["user"]
    search_fields = ("display_name", "user__username")
    readonly_fields = ("user", "post_count", "published_post_count")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("prefix", "user", "name", "created_at", "last_used_at", "revoked_at")
    readonly_fields = ("user", "prefix", "created_at", "last_used_at")
    fields = ("user", "prefix", "name", "created_at", "last_used_at", "revoked_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a token made here could never be read. `manage.py api_token` prints one."""
        return False
