"""One's own second factor: what is set up, and recovery codes, shown once."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.models import User
from app.blog.errors import Refused
from app.second_factor import changes, webauthn
from app.second_factor.access import MemberRequest, confirmed
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from app.second_factor.models.passkey import NAME
from app.second_factor.session import forget, verify
from app.second_factor.status import has_second_factor
from app.site import limits
from owed import clock


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME,
        validators=[limits.validate_visible],
        help_text=gettext_lazy("Such as “Laptop” or “Blue security key”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    credential = forms.CharField(max_length=20_000, widget=forms.HiddenInput, required=False)


@require_GET
@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show what signs in beside the password."""
    return overview_page(request, PasskeyForm())


def overview_page(request: HttpRequest, form: forms.Form) -> HttpResponse:
    user = cast("User", request.user)
    passkeys = list(Passkey.objects.filter(user=user).order_by("pk"))
    authenticator = Authenticator.objects.of(user)
    about: dict[str, Any] = {
        "authenticator": authenticator,
        "passkeys": passkeys,
        "has_any": bool(authenticator or passkeys),
        "codes_left": RecoveryCode.objects.left(user),
        "is_asked": user.needs_second_factor,
        "has_passkeys": webauthn.is_possible(),
        "form": form,
    }
    return render(request, "second_factor/overview.html", about, status=422 if form.errors else 200)


@require_POST
@confirmed
def codes(request: MemberRequest) -> HttpResponse:
    """Make new recovery codes, and show them this once."""
    try:
        return codes_page(request, changes.renew_codes(request.user, now=clock.now()))
    except Refused as error:
        return refused(request, error)


def added(request: MemberRequest, recovery_codes: list[str], text: str) -> HttpResponse:
    """Go on after a factor was added: this session has proved it. The first one comes with recovery codes."""
    if recovery_codes:
        update_session_auth_hash(request, request.user)
    verify(request)
    messages.success(request, text)
    return codes_page(request, recovery_codes) if recovery_codes else redirect("second_factor")


def codes_page(request: HttpRequest, recovery_codes: list[str]) -> HttpResponse:
    return render(request, "second_factor/codes.html", {"codes": recovery_codes})


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    messages.error(request, str(error))
    return redirect("second_factor")


def removed(request: MemberRequest) -> HttpResponse:
    if not has_second_factor(request.user):
        forget(request)
    messages.success(request, _("Removed."))
    return redirect("second_factor")
