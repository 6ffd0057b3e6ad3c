"""What the page of the mailing list asks."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import AddressField

CONSENT = gettext_lazy("Send me each new post by email. I can unsubscribe at any time with one click.")


class SubscribeForm(forms.Form):
    """An address, and a field that only machines fill in."""

    email = AddressField(label=gettext_lazy("Your email address"), autocomplete="email", placeholder="you@example.org")
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))

    def clean_email(self) -> str:
        try:
            return normalise(self.cleaned_data["email"])
        except BadAddress:
            raise ValidationError(_("Enter a valid email address.")) from None

    def clean_website(self) -> str:
        """Ask once more where the field was filled in: a browser may have done it for a person, who would wait for a mail."""
        if self.cleaned_data["website"]:
            self.data = {**self.data.dict(), "website": ""}  # type: ignore[attr-defined]
            self.add_error(None, _("A hidden field was filled in. It is empty now: press Subscribe again."))
        return ""
