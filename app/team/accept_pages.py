"""The page that an invitation's mail links to: choose a name and a password, or join with an account that exists."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from app.accounts.models import TeamRole, User
from app.accounts.rate_limit import may_send, refused
from app.site.pages import STUDIO
from app.team.acceptance import accept_as, accept_as_new, has_account
from app.team.errors import InvitationClosed
from app.team.models import Invitation
from owed import clock


class AcceptForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=gettext_lazy("Letters, digits and @ . + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )

    def accept(self, invitation: Invitation) -> User | None:
        """Make the account, or note on the form why not. Raises InvitationClosed."""
        try:
            return accept_as_new(invitation, **self.cleaned_data, now=clock.now())
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                self.add_error(name if name in self.fields else None, ValidationError(sentences))
        return None


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class Accept(View):
    """Mail scanners follow every link, so GET changes nothing. A spent link is answered like one that never was."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        # The link is a secret. Not "no-referrer": browsers would then send the form with "Origin: null", which CSRF refuses.
        response["Referrer-Policy"] = "same-origin"
        return response

    def get(self, request: HttpRequest, pk: int, secret: str) -> HttpResponse:
        return _page(request, Invitation.objects.find(pk, secret, now=clock.now()), AcceptForm())

    def post(self, request: HttpRequest, pk: int, secret: str) -> HttpResponse:
        invitation = Invitation.objects.find(pk, secret, now=clock.now())
        form = AcceptForm(request.POST)
        if invitation is None:
            return _page(request, None, form)
        try:
            return _joined(request, invitation, form) or _page(request, invitation, form)
        except InvitationClosed:
            return _page(request, None, form)


def _joined(request: HttpRequest, invitation: Invitation, form: AcceptForm) -> HttpResponse | None:
    """Accept with the account that is signed in, or with a new one. None: the form says what is wrong."""
    user = request.user
    if user.is_authenticated:
        accept_as(invitation, user, now=clock.now())
    else:
        made = form.accept(invitation) if form.is_valid() and may_send(form, request, "invitation") else None
        if made is None:
            return None
        login(request, made)
    messages.success(request, _("Welcome to the team."))
    return redirect(STUDIO.url())


def _page(request: HttpRequest, invitation: Invitation | None, form: AcceptForm) -> HttpResponse:
    about: dict[str, Any] = {"invitation": invitation, "form": form}
    if invitation is not None:
        about["role"] = TeamRole(invitation.role).label
        about["has_account"] = has_account(invitation)
        about["sign_in_url"] = f"{reverse('login')}?{urlencode({'next': request.path})}"
    response = render(request, "team/accept.html", about)
    return refused(response, form) if form.is_bound and form.errors and invitation is not None else response
