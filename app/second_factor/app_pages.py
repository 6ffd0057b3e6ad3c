"""An authenticator app is set up with a QR code or by typing its secret, and removed."""

from __future__ import annotations

from typing import Any

import pyotp
import segno
from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.models import User
from app.accounts.rate_limit import refused as refused_form
from app.accounts.rate_limit import too_many
from app.blog.errors import Refused
from app.second_factor import changes
from app.second_factor.access import MemberRequest, confirmed
from app.second_factor.errors import AlreadyOn, WrongCode
from app.second_factor.models import Authenticator
from app.second_factor.models.authenticator import CIPHER
from app.second_factor.pages import added, refused, removed
from app.second_factor.verification import may_verify
from app.site.current import site
from app.site.encryption import CannotDecrypt
from owed import clock

SECRET = "second_factor_secret"  # noqa: S105 - the name under which a session keeps it, encrypted


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("The six digits that the app shows now."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}),
    )


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@confirmed
def set_up(request: MemberRequest) -> HttpResponse:
    """Show the secret as a QR code and as text; POST turns the app on with a first code."""
    if Authenticator.objects.of(request.user):
        return refused(request, AlreadyOn())
    form, secret = CodeForm(request.POST or None), _secret(request)
    if request.method == "POST" and form.is_valid():
        codes = _added(request, form, secret)
        if codes is not None:
            del request.session[SECRET]
            return added(request, codes, _("Your app is set up. Signing in asks for its code from now on."))
    response = render(request, "second_factor/app.html", {"form": form, **_shown(request.user, secret)})
    return refused_form(response, form) if form.errors else response


@require_POST
@confirmed
def remove(request: MemberRequest) -> HttpResponse:
    """Ask for codes of the app no more."""
    try:
        changes.remove_app(request.user, now=clock.now())
    except Refused as error:
        return refused(request, error)
    return removed(request)


def _added(request: MemberRequest, form: CodeForm, secret: str) -> list[str] | None:
    """Turn it on, or note on the form why not."""
    if not may_verify(request, request.user):
        form.add_error("code", too_many())
        return None
    try:
        return changes.add_app(request.user, secret, form.cleaned_data["code"], now=clock.now())
    except (WrongCode, AlreadyOn) as error:
        form.add_error("code", str(error))
        return None


def _secret(request: MemberRequest) -> str:
    """Return the secret of this set-up: the same one when the page is loaded again. Sessions are rows, so it is encrypted."""
    try:
        return CIPHER.decrypt(request.session[SECRET])
    except (KeyError, CannotDecrypt):
        secret = pyotp.random_base32()
        request.session[SECRET] = CIPHER.encrypt(secret)
        return secret


def _shown(user: User, secret: str) -> dict[str, Any]:
    address = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=site().name)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), "address": address, "picture": picture}
