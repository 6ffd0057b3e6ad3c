"""Making an account."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from app.accounts.models import User
from app.accounts.rate_limit import may_send, refused
from app.mail.errors import BadAddress
from app.mail.forms import AddressField
from app.newsletter.forms import CONSENT
from app.newsletter.mailing_list import add_to_mailing_list
from app.site.pages import HOME


class SignUpForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=gettext_lazy("Letters, digits and @ . + - _"),
    )
    email = AddressField(label=gettext_lazy("Email address"), autocomplete="email")
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )
    by_mail = forms.BooleanField(
        label=CONSENT, required=False, help_text=gettext_lazy("We will ask you to confirm it by email.")
    )

    def register(self) -> User | None:
        """Make the account, and take down the wish to read by mail; or note on the form why not."""
        try:
            return self._register(**self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
        except BadAddress:
            self.add_error("email", _("Enter a valid email address."))
        return None

    @staticmethod
    @transaction.atomic
    def _register(*, by_mail: bool, **who: str) -> User:
        user = User.objects.register(**who)
        if by_mail:
            add_to_mailing_list(user)
        return user


@sensitive_post_parameters("password")
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    wanted = request.method == "POST" and form.is_valid() and may_send(form, request, "sign-up")
    user = form.register() if wanted else None
    if user is None:
        response = render(request, "members/sign_up.html", {"form": form})
        return refused(response, form) if form.errors else response
    login(request, user)
    messages.success(
        request,
        _("Welcome, %(name)s. We have sent an email to %(email)s: follow its link to confirm your address.")
        % {"name": user.username, "email": user.email},
    )
    return redirect(HOME.url())
