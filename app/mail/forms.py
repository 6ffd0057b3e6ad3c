"""A mail address as people type it, also one whose first part is not in ASCII (RFC 6531)."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy

from app.mail.addresses import for_smtp
from app.mail.errors import BadAddress

ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z\u0080-\U0010FFFF]+"


class AddressValidator(EmailValidator):
    """Django's, and letters of every script before the @. What may not be in an SMTP command is refused."""

    message = gettext_lazy("Enter a valid email address.")
    user_regex = re.compile(rf"{ATOM}(?:\.{ATOM})*\Z")

    def __call__(self, value: str | None) -> None:
        super().__call__(value)
        try:
            for_smtp(value or "")
        except BadAddress:
            raise ValidationError(self.message, code="invalid", params={"value": value}) from None


validate_address = AddressValidator()


class AddressField(forms.CharField):
    """A text field with the keyboard for addresses: browsers refuse what is not ASCII in one of type email."""

    def __init__(self, *, label: Any, help_text: Any = "", **attributes: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none", "spellcheck": "false", **attributes})
        super().__init__(label=label, help_text=help_text, max_length=254, widget=widget, validators=[validate_address])
