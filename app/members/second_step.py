"""The second step of the sign-in, after the right password; and the sign-in with a passkey, which needs no password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts import sign_in_log
from app.accounts.models import User
from app.accounts.rate_limit import MINUTE, TOO_MANY, refused, too_many
from app.members.known_browser import remember
from app.second_factor import webauthn
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from app.second_factor.session import complete, pending
from app.second_factor.verification import accept_code, accept_passkey, may_verify, why_refused
from owed import clock

STATE = "passkey_challenge"
FEW = 3


class StepForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy("Of your app, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True, "dir": "ltr"}
        ),
    )


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for a code; POST signs in with it. Without the right password before, there is nothing to see here."""
    user = pending(request)
    if user is None:
        return redirect(settings.LOGIN_URL)
    form = StepForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_right(request, form, user):
        return _signed_in(request, user)
    return _page(request, form, user)


@require_POST
@never_cache
def passkey_step(request: HttpRequest) -> HttpResponse:
    """Without an answer of a passkey, say what to ask it; with one, take the second step."""
    user = pending(request)
    if user is None:
        return redirect(settings.LOGIN_URL)
    if not request.POST.get("credential"):
        return _challenge(request, user)
    form = StepForm({})
    form.errors.clear()
    if not may_verify(request, user):
        sign_in_log.refused(request, "too many", user_id=user.pk)
        form.add_error(None, too_many())
    elif _answered(request, user):
        return _signed_in(request, user)
    else:
        sign_in_log.refused(request, "passkey", user_id=user.pk)
        form.add_error(None, _("This passkey was not accepted. Try again."))
    return _page(request, form, user)


@require_POST
@never_cache
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Without an answer of a passkey, say what to ask it; with one, sign in whose it is."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not may_verify(request):
        sign_in_log.refused(request, "too many")
        return HttpResponse(str(TOO_MANY), status=429, headers={"Retry-After": str(MINUTE)}, content_type="text/plain")
    if not request.POST.get("credential"):
        return _challenge(request)
    user = _answered(request)
    if user is None:
        sign_in_log.refused(request, "passkey")
        messages.error(request, _("This passkey was not accepted. Sign in with your password, or try again."))
        return redirect(settings.LOGIN_URL)
    return _signed_in(request, user)


def _is_right(request: HttpRequest, form: StepForm, user: User) -> bool:
    """Look at the code, or note on the form why not."""
    if not may_verify(request, user):
        sign_in_log.refused(request, "too many", user_id=user.pk)
        form.add_error("code", too_many())
    elif not accept_code(user, form.cleaned_data["code"], now=clock.now()):
        sign_in_log.refused(request, "code", user_id=user.pk)
        form.add_error("code", why_refused(user, form.cleaned_data["code"], now=clock.now()))
    return form.is_valid()


def _challenge(request: HttpRequest, user: User | None = None) -> JsonResponse:
    options, state = webauthn.challenge(user)
    request.session[STATE] = {"for": user.pk if user else None, "state": state}
    return JsonResponse(options)


def _answered(request: HttpRequest, user: User | None = None) -> User | None:
    """Return whose passkey answered. A challenge is answered once, on the page that asked it: the other is less strict."""
    asked = request.session.pop(STATE, None)
    if not isinstance(asked, dict) or "for" not in asked or asked["for"] != (user.pk if user else None):
        return None
    return accept_passkey(asked["state"], request.POST["credential"], now=clock.now(), user=user)


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    wanted = complete(request, user) or request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if request.POST.get("code") and RecoveryCode.objects.left(user) < FEW:
        messages.warning(request, _("You have few recovery codes left. Make new ones in your account."))
    response = redirect(wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL))
    remember(response, user.get_username())
    return response


def _page(request: HttpRequest, form: StepForm, user: User) -> HttpResponse:
    about: dict[str, Any] = {
        "form": form,
        "has_app": Authenticator.objects.filter(user=user).exists(),
        "has_passkey": webauthn.is_possible() and Passkey.objects.filter(user=user).exists(),
    }
    response = render(request, "members/second_step.html", about)
    return refused(response, form) if form.errors else response
