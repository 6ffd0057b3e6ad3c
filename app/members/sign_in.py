"""Sign-in, with a rate limit that allows for typing errors and stops programs that guess."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from app.accounts import sign_in_log
from app.accounts.models import User
from app.accounts.rate_limit import PER_NAME, may_sign_in, may_try, refused, signed_in, too_many
from app.members.known_browser import known, remember
from app.openid.provider import provider_name
from app.second_factor import webauthn
from app.second_factor.session import begin
from app.second_factor.status import has_second_factor


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Look at the password, unless there were too many guesses."""
        name = self.cleaned_data.get("username", "")
        request = cast("HttpRequest", self.request)
        browser = known(request, name)
        if name and not may_sign_in(request, name, known=browser):
            sign_in_log.refused(request, "too many")
            raise too_many()
        data: dict[str, Any] = super().clean()
        if self.get_user():
            signed_in(request, name, known=browser)
        return data


class Refusing(FormView):  # type: ignore[type-arg]
    """Say with the status, too, that a form was not accepted."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return refused(self.render_to_response(self.get_context_data(form=form)), form)


class SignIn(Refusing, LoginView):
    form_class = SignInForm
    template_name = "members/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or go on to the second step where the account has one: the password alone signs in no one there."""
        user = form.get_user()
        if has_second_factor(user):
            begin(self.request, user, self.get_success_url())
            return redirect("second_step")
        response = super().form_valid(form)
        remember(response, user.get_username())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = {"has_passkeys": webauthn.is_possible(), "provider_name": provider_name()}
        return super().get_context_data(**ways, **kwargs)


@never_cache
def staff_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead from the admin's own door to this one, which counts guesses; stop those who are in and have no business there."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def count_guess(user: User) -> None:
    """Count one attempt at the password of a user who is signed in. Raises ValidationError beyond the limit."""
    if not may_try("password", str(user.pk), per_minute=PER_NAME):
        raise too_many()
