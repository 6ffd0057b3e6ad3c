"""What the pages about subscribers ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import AddressField
from app.newsletter.models import Subscriber
from app.newsletter.subscriber_list import Filters

DATE = {"type": "date"}


class FilterForm(forms.Form):
    """A filter of the list. What cannot be read filters nothing."""

    q = forms.CharField(required=False, max_length=254, strip=True)
    state = forms.ChoiceField(required=False, choices=[("", ""), *Subscriber.State.choices])
    source = forms.CharField(required=False, max_length=50)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def filters(self) -> Filters:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Filters(**given)


class AddForm(forms.Form):
    """An address that someone gave by other means, and how they agreed."""

    email = AddressField(label=gettext_lazy("Email address"), autocomplete="off")
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=200)
    consent = forms.CharField(
        label=gettext_lazy("How they agreed"),
        max_length=1000,
        help_text=gettext_lazy(
            "For example: signed the list at the reading of 3 May. It is kept as the proof of their consent."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_email(self) -> str:
        try:
            return normalise(self.cleaned_data["email"])
        except BadAddress:
            raise ValidationError(_("Enter a valid email address.")) from None

    def invitation(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("email", "name", "consent")}
