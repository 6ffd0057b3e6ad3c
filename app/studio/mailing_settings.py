"""What the publication does where a writer says nothing else about mail."""

from __future__ import annotations

from typing import Any

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


class MailingSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    audience = forms.ChoiceField(label=gettext_lazy("Audience"), required=False)

    class Meta:
        model = MailingSettings
        fields = ("where", "audience", "delay")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["audience"]
        field.choices = audiences()


@require_http_methods(["GET", "POST"])
@list_keepers
def mailing_settings(request: WriterRequest) -> HttpResponse:
    """Show what is preselected when a post is published, and how long a mailing can be stopped; POST changes it."""
    form = MailingSettingsForm(request.POST or None, instance=MailingSettings.now())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("studio:mailing_settings")
    about = {"form": form, "delay": int(settings.MAILING_DELAY.total_seconds())}
    return render(request, "studio/mailing_settings.html", about, status=422 if form.errors else 200)
