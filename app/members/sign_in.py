"""Sign-in, with a rate limit that allows for typing errors and stops programs that guess."""

from __future__ import annotations

import secrets
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from app.accounts.models import User
from app.accounts.rate_limit import PER_NAME, may_sign_in, may_try, refused, signed_in, too_many

KNOWN, KNOWN_FOR = "known", 365 * 86_400


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Look at the password, unless there were too many guesses."""
        name = self.cleaned_data.get("username", "")
        request = cast("HttpRequest", self.request)
        known = _known(request, name)
        if name and not may_sign_in(request, name, known=known):
            raise too_many()
        data: dict[str, Any] = super().clean()
        if self.get_user():
            signed_in(request, name, known=known)
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
        response = super().form_valid(form)
        _remember(response, form.get_user().get_username())
        return response


def _known(request: HttpRequest, name: str) -> str:
    """Return what names the browser, where the last to sign in with it was the owner of the name."""
    return str(request.get_signed_cookie(KNOWN, "", salt=name.lower(), max_age=KNOWN_FOR))


def _remember(response: HttpResponse, name: str) -> None:
    """Let the browser be known again. It does not reveal whose it is, and is sent to this page only."""
    response.set_signed_cookie(
        KNOWN,
        secrets.token_urlsafe(16),
        salt=name.lower(),
        max_age=KNOWN_FOR,
        path=reverse("login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


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
