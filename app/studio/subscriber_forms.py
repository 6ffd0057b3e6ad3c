"""What the pages about subscribers ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import AddressField
from app.newsletter.lists.columns import FIELDS
from app.newsletter.models import ListImport, Segment, Subscriber
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.subscriber import TAG
from app.newsletter.preferences import offer_zones
from app.newsletter.subscriber_list import Filters

LARGEST = 30 * 2**20
"""Bytes of one list: half a million lines, and less than what the web server takes."""


class FilterForm(forms.Form):
    """A filter of the list. What cannot be read filters nothing."""

    q = forms.CharField(required=False, max_length=254, strip=True)
    state = forms.ChoiceField(required=False, choices=[("", ""), *Subscriber.State.choices])
    frequency = forms.ChoiceField(required=False, choices=[("", ""), *Frequency.choices])
    source = forms.CharField(required=False, max_length=50)
    tag = forms.CharField(required=False, max_length=TAG)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    received = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    missed = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def filters(self) -> Filters:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Filters(**given)


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a filter."""

    class Meta:
        model = Segment
        fields = ("name",)


class FrequencyForm(forms.Form):
    """How often a reader gets email, and where the days of their digests begin."""

    frequency = forms.ChoiceField(label=gettext_lazy("How often"), choices=Frequency.choices)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone of their digests"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_zones(self.fields["time_zone"])


class TagsForm(forms.Form):
    """A reader's tags, with commas between them."""

    tags = forms.CharField(required=False, max_length=2600)

    def names(self) -> list[str]:
        return str(self.cleaned_data["tags"]).split(",")


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


class ListForm(forms.Form):
    """A mailing list of another system."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("The export of Ghost, Substack, Mailchimp, Buttondown or listmonk, or any CSV with addresses."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise ValidationError(_("At most %(limit)s MB are accepted.") % {"limit": LARGEST // 2**20})
        return file


class ColumnsForm(forms.Form):
    """What each column is, how these people agreed, and whether each is asked to confirm."""

    consent = forms.CharField(
        label=gettext_lazy("How these people agreed"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For example: they subscribed at our old site. It is kept as the proof of their consent."),
    )
    ask = forms.ChoiceField(
        label=gettext_lazy("What happens then"),
        choices=[
            ("", gettext_lazy("They get the next post. Nothing is emailed now.")),
            ("ask", gettext_lazy("Email each a question now; only those who confirm get posts.")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, run: ListImport, examples: list[list[str]], data: Any = None) -> None:
        super().__init__(data, initial={"consent": run.consent, "ask": "ask" if run.ask else ""})
        for number, (name, known, cells) in enumerate(zip(run.columns, run.mapping, examples, strict=True)):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=name or _("Column %(number)s") % {"number": number + 1},
                choices=list(FIELDS.items()),
                initial=known,
                required=False,
                help_text=escape(" · ".join(cell[:60] for cell in cells)),
            )
        self.order_fields([name for name in self.fields if name.startswith("column-")])

    def mapping(self) -> list[str]:
        return [value for name, value in self.cleaned_data.items() if name.startswith("column-")]
