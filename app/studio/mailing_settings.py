"""What the publication does where a writer says nothing else about mail."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from app.newsletter.models import MailingSettings
from app.studio.access import WriterRequest, list_keepers
from app.studio.panel_form import audiences

DIGESTS = ("digest_hour", "digest_weekday")


class MailingSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    audience = forms.ChoiceField(label=gettext_lazy("Audience"), required=False)

    class Meta:
        model = MailingSettings
        fields = (
            "where", "audience", "delay", "sender_name", "names_author", "reply_to", "replies_to_author", "postal_address",
            "digest_hour", "digest_weekday", "welcomes", "welcome_subject", "welcome_text",
        )  # fmt: skip
        widgets: ClassVar = {
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "welcome_text": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["audience"]
        field.choices = audiences()
        for name in DIGESTS:
            self.fields[name].required = False
        seconds = int(settings.MAILING_DELAY.total_seconds())
        text = _("Meanwhile it can be stopped, and no one has got it. Empty: %(seconds)s, as the server is set up.")
        self.fields["delay"].help_text = text % {"seconds": seconds}

    def clean(self) -> dict[str, Any]:
        super().clean()
        # A form that was open during an upgrade does not ask for these.
        unsaid = {name: getattr(self.instance, name) for name in DIGESTS if self.cleaned_data.get(name) in {"", None}}
        return self.cleaned_data | unsaid


class SenderForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the readers of a new publication see of who writes to them."""

    class Meta:
        model = MailingSettings
        fields = ("sender_name", "reply_to", "postal_address")
        widgets: ClassVar = {"postal_address": forms.Textarea(attrs={"rows": 3})}

    def keep(self) -> None:
        self.save()


@require_http_methods(["GET", "POST"])
@list_keepers
def mailing_settings(request: WriterRequest) -> HttpResponse:
    """Show what is preselected when a post is published, and how long a mailing can be stopped; POST changes it."""
    form = MailingSettingsForm(request.POST or None, instance=MailingSettings.now())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("studio:mailing_settings")
    return render(request, "studio/mailing_settings.html", {"form": form}, status=422 if form.errors else 200)
