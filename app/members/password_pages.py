"""A forgotten password, and another in its place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.contrib.messages.views import SuccessMessageMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from app.accounts.models import PasswordReplaced, User
from app.accounts.rate_limit import may_send, may_try, refused, too_many
from app.mail.forms import AddressField
from app.members.password_reset import request_password_reset
from app.members.sign_in import Refusing, count_guess

PER_MAILBOX = 5


class ForgottenForm(forms.Form):
    email = AddressField(label=gettext_lazy("Email address"), autocomplete="email", autofocus=True)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for the address; POST owes the mail. The answer is the same whether the address is known or not."""
    form = ForgottenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid() or not _may_ask(request, form):
        response = render(request, "members/password_forgotten.html", {"form": form})
        return refused(response, form) if form.errors else response
    request_password_reset(form.cleaned_data["email"])
    return render(request, "members/password_asked.html")


def _may_ask(request: HttpRequest, form: ForgottenForm) -> bool:
    if not may_send(form, request, "reset"):
        return False
    if may_try("reset", form.cleaned_data["email"].lower(), per_minute=PER_MAILBOX):
        return True
    form.add_error(None, too_many())
    return False


class Renewal(SuccessMessageMixin, Refusing):  # type: ignore[type-arg]
    """Say what is wrong where nothing was changed."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except PasswordReplaced:
            form.add_error(None, "The password has just been changed elsewhere. Nothing was done here.")
            return self.form_invalid(form)


class ResetForm(SetPasswordForm):  # type: ignore[type-arg]
    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """Set the password. The link came to the address of the account, or it would not be valid: that proves it."""
        user: User = self.user
        user.renew_password(self.cleaned_data["new_password1"])
        user.confirm_address(user.email)
        return user


class Reset(Renewal, PasswordResetConfirmView):
    """Scanners of mail follow every link: looking changes nothing. The secret moves from the address to the session."""

    form_class = ResetForm
    template_name = "members/password_reset.html"
    success_url = reverse_lazy("login")
    success_message = "Your password is changed. Sign in with it."

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(*args, **kwargs)
        # Not "no-referrer": browsers would then send the form with "Origin: null", which CSRF refuses.
        response["Referrer-Policy"] = "same-origin"
        return response


class ChangeForm(PasswordChangeForm):
    def clean_old_password(self) -> str:
        count_guess(self.user)
        return super().clean_old_password()

    def save(self, commit: bool = True) -> User:
        """Set the password."""
        user: User = self.user
        user.renew_password(self.cleaned_data["new_password1"])
        return user


@method_decorator(never_cache, name="dispatch")
class Change(Renewal, PasswordChangeView):
    """This session goes on; all others end."""

    form_class = ChangeForm
    template_name = "members/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "Your password is changed. Other sessions and API tokens have ended."
