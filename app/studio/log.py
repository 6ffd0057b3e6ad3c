"""Who did what to the publication."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from app.accounts.models import User
from app.log.actions import GROUPS
from app.log.models import Entry
from app.studio.access import WriterRequest, log_readers
from app.team.history import described, entries

PAGE = 50


class LogForm(forms.Form):
    """A filter of the log. What cannot be read filters nothing."""

    group = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("Everything")), *GROUPS.items()]
    )
    by = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Who"), required=False, empty_label=gettext_lazy("Everyone")
    )
    since = forms.DateField(
        label=gettext_lazy("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    subject = forms.RegexField(r"^[a-z]{1,40}:[a-z0-9]{1,19}$", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["by"]
        wrote = Entry.objects.order_by().values("actor")
        field.queryset = User.objects.filter(pk__in=wrote).select_related("profile").order_by("username")
        field.label_from_instance = lambda user: user.profile.name

    def filters(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@require_GET
@log_readers
def log(request: WriterRequest) -> HttpResponse:
    """List what was done, newest first, by person, kind, day or subject."""
    form = LogForm(request.GET)
    filters = form.filters()
    page = Paginator(entries(**filters), PAGE).get_page(request.GET.get("page"))
    about = {"form": form, "page": page, "lines": described(page.object_list), "is_filtered": bool(filters)}
    about["days"] = settings.LOG_RETENTION.days
    return render(request, "studio/log.html", about)
