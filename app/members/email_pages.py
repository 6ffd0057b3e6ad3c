"""Another mail address for one's own account, and the confirmation of the one there is."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.members.sign_in import Refusing, count_guess
from app.notices.moves import AskedOften, ask_move
from app.notices.telling import ask_address_again
from owed import clock


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
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

    def ask(self) -> bool:
        """Owe the mails; or note on the form why not."""
        try:
            ask_move(self.user, self.cleaned_data["email"], now=clock.now())
        except AskedOften:
            self.add_error(None, "You have asked three times today. Ask again tomorrow.")
        return self.is_valid()


@method_decorator([never_cache, login_required, sensitive_post_parameters("password")], name="dispatch")
class Change(SuccessMessageMixin, Refusing):  # type: ignore[type-arg]
    """The answer is the same whether the address is another account's or not."""

    form_class = AddressForm
    template_name = "members/email_change.html"
    success_url = reverse_lazy("account")
    success_message = gettext_lazy(
        "We have sent a link to %(email)s, unless another account uses that address. Follow it within a day."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: AddressForm) -> HttpResponse:
        return super().form_valid(form) if form.ask() else self.form_invalid(form)


@require_POST
@never_cache
@login_required
def confirmation(request: HttpRequest) -> HttpResponse:
    """Owe the mail that confirms the address once more."""
    user = cast("User", request.user)
    if not user.has_unconfirmed_address:
        messages.info(request, _("Your address is already confirmed."))
    elif ask_address_again(user.pk, now=clock.now()):
        messages.success(request, _("We have sent a confirmation email to %(email)s.") % {"email": user.email})
    else:
        messages.warning(request, _("We already sent it today. Check your spam folder, or try again tomorrow."))
    return redirect("account")
