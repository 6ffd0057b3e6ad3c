"""The password is asked for once more, before the way one signs in is changed: an open session alone must not do that."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from app.accounts.models import User
from app.accounts.rate_limit import PER_NAME, may_try, refused, too_many
from app.second_factor.session import confirm
from app.second_factor.verification import accept_code, may_verify
from owed import clock


class ConfirmationForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password, or a code of your app"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, cast("User", request.user)

    def clean_password(self) -> str:
        """Look at it, unless there were too many guesses. They count together with those at the page of the password."""
        typed = str(self.cleaned_data["password"])
        if not may_try("password", str(self.user.pk), per_minute=PER_NAME):
            raise too_many()
        if not self.user.check_password(typed) and not self._accept_code(typed):
            raise forms.ValidationError(_("This is neither your password nor a code that works. Try again."))
        return typed

    def _accept_code(self, typed: str) -> bool:
        """Codes that are tried here count together with those at the second step."""
        if not may_verify(self.request, self.user):
            raise too_many()
        return accept_code(self.user, typed, now=clock.now())


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def confirm_password(request: HttpRequest) -> HttpResponse:
    """Ask for it, and go on to where the person was going."""
    form, next_url = ConfirmationForm(request, request.POST or None), _next(request)
    if request.method == "POST" and form.is_valid():
        confirm(request)
        return redirect(next_url)
    about = {"form": form, "next": next_url, "may_use_provider": _may_use_provider(request)}
    response = render(request, "second_factor/confirm_password.html", about)
    return refused(response, form) if form.errors else response


def _may_use_provider(request: HttpRequest) -> bool:
    """Return whether an account at the provider shows that it is them."""
    user = cast("User", request.user)
    return bool(settings.OIDC_ISSUER) and user.identities.filter(issuer=settings.OIDC_ISSUER).exists()


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("second_factor")
