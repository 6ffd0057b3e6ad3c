"""Pages about the email address of an account: confirm it, change it, and the links that do so from a mail."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.mail.forms import AddressField
from app.members.email_change import TooManyRequests, confirm_email_change, find, request_email_change
from app.members.email_confirmation import ConfirmationLink, ask_confirmation_again
from app.members.sign_in import Refusing, count_guess
from owed import clock


class EmailChangeForm(forms.Form):
    email = AddressField(label=gettext_lazy("New email address"), autocomplete="email", autofocus=True)
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is already your address."))
        return email

    def clean_password(self) -> str:
        count_guess(self.user)
        if not self.user.check_password(self.cleaned_data["password"]):
            raise ValidationError(_("Wrong password."))
        return str(self.cleaned_data["password"])

    def request(self) -> bool:
        """Owe the mails, or add an error to the form."""
        try:
            request_email_change(self.user, self.cleaned_data["email"], now=clock.now())
        except TooManyRequests:
            self.add_error(None, "You have asked three times today. Ask again tomorrow.")
        return self.is_valid()


@method_decorator([never_cache, login_required, sensitive_post_parameters("password")], name="dispatch")
class EmailChangeRequest(SuccessMessageMixin, Refusing):  # type: ignore[type-arg]
    """The answer is the same whether the address is another account's or not."""

    form_class = EmailChangeForm
    template_name = "members/email_change_request.html"
    success_url = reverse_lazy("account")
    success_message = gettext_lazy(
        "We have sent a link to %(email)s, unless another account uses that address. Follow it within a day."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: EmailChangeForm) -> HttpResponse:
        return super().form_valid(form) if form.request() else self.form_invalid(form)


@require_POST
@never_cache
@login_required
def resend_confirmation(request: HttpRequest) -> HttpResponse:
    """Owe the mail that confirms the address again."""
    user = cast("User", request.user)
    if not user.has_unconfirmed_address:
        messages.info(request, _("Your address is already confirmed."))
    elif ask_confirmation_again(user.pk, now=clock.now()):
        messages.success(request, _("We have sent a confirmation email to %(email)s.") % {"email": user.email})
    else:
        messages.warning(request, _("We already sent it today. Check your spam folder, or try again tomorrow."))
    return redirect("account")


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class EmailConfirmationPage(View):
    """Mail scanners follow every link, so GET changes nothing; the signed link is all that a POST needs."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, "email_confirmation", address=_read(token), confirmed=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        address = _read(token)
        address.confirm()
        return _page(request, "email_confirmation", address=address, confirmed=True)


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class EmailChangePage(View):
    """The link to the new address. One that is spent is not answered with 404, which would put its secret into the log."""

    def get(self, request: HttpRequest, change_id: int, secret: str) -> HttpResponse:
        change = find(change_id, secret, now=clock.now())
        return _page(request, "email_change_confirmation", change=change, taken=False)

    def post(self, request: HttpRequest, change_id: int, secret: str) -> HttpResponse:
        now = clock.now()
        change = find(change_id, secret, now=now)
        taken = change is not None and confirm_email_change(change, now=now)
        return _page(request, "email_change_confirmation", change=change if taken else None, taken=taken)


def _read(token: str) -> ConfirmationLink:
    try:
        return ConfirmationLink.read(token)
    except BadSignature:
        raise Http404 from None


def _page(request: HttpRequest, name: str, **about: object) -> HttpResponse:
    response = render(request, f"members/{name}.html", about)
    response["Referrer-Policy"] = "same-origin"  # the link is a secret
    return response
