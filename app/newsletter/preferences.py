"""What a reader chooses by the link in every newsletter: how often, whose posts and about what, and a pause."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Category, Status, Tag
from app.newsletter.models import Subscriber
from app.newsletter.models.frequency import Frequency, zones
from app.site.current import site

LISTED = 40
"""Of each kind, those with the most posts."""
LONGEST_PAUSE = timedelta(days=366)
PUBLIC = Q(posts__status=Status.PUBLISHED)


class PreferencesForm(forms.Form):
    """Nothing ticked is every post. What a reader ticked before and is no longer offered stays."""

    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Frequency.choices, required=False, widget=forms.RadioSelect
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone of your digests"), required=False)
    wants = forms.MultipleChoiceField(label=gettext_lazy("Only posts of"), required=False, widget=forms.CheckboxSelectMultiple)
    paused_until = forms.DateField(
        label=gettext_lazy("Send me nothing before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        until = subscriber.paused_until if subscriber.is_on_pause else None
        day = timezone.localdate(until) if until else None
        facts = {name: getattr(subscriber, name) for name in ("frequency", "time_zone", "wants")}
        kwargs["initial"] = {**facts, "paused_until": day}
        super().__init__(*args, **kwargs)
        self.subscriber = subscriber
        field: Any = self.fields["wants"]
        field.choices = scopes(subscriber.wants)
        offer_zones(self.fields["time_zone"])

    def clean_paused_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["paused_until"]
        if day is None or day <= timezone.localdate():
            return None
        if day > timezone.localdate() + LONGEST_PAUSE:
            raise ValidationError(_("Choose a day within a year, or unsubscribe."))
        return timezone.make_aware(datetime.combine(day, time.min))

    @transaction.atomic
    def save(self) -> None:
        chosen = self.cleaned_data
        self.subscriber.prefer(wants=chosen["wants"], paused_until=chosen["paused_until"])
        # A form that was open during an upgrade does not ask for these.
        frequency = chosen["frequency"] or self.subscriber.frequency
        time_zone = chosen["time_zone"] if "time_zone" in self.data else self.subscriber.time_zone
        self.subscriber.choose_frequency(frequency, time_zone)


def offer_zones(field: Any) -> None:
    """Let a field choose a time zone; the publication's is the empty one."""
    ours = _("The publication's (%(zone)s)") % {"zone": site().time_zone.replace("_", " ")}
    field.choices = [("", ours), *((name, name.replace("_", " ")) for name in zones())]


def scopes(chosen: list[str]) -> list[tuple[Any, Any]]:
    """Return what a reader can choose, by kind, with what they chose before."""
    authors = User.objects.annotate(size=Count("posts", filter=PUBLIC)).select_related("profile")
    groups = [
        (_("Authors"), [(f"author:{each.pk}", each.profile.name) for each in _largest(authors, chosen, "author")]),
        (_("Categories"), [(f"category:{each.pk}", each.name) for each in _labels(Category, chosen, "category")]),
        (_("Tags"), [(f"tag:{each.pk}", each.name) for each in _labels(Tag, chosen, "tag")]),
    ]
    return [group for group in groups if group[1]]


def _labels(model: Any, chosen: list[str], kind: str) -> list[Any]:
    return _largest(model.objects.annotate(size=Count("posts", filter=PUBLIC)), chosen, kind)


def _largest(rows: Any, chosen: list[str], kind: str) -> list[Any]:
    kept = [int(each.partition(":")[2]) for each in chosen if each.startswith(f"{kind}:")]
    found = list(rows.filter(size__gt=0).order_by("-size", "pk")[:LISTED])
    missing = set(kept) - {each.pk for each in found}
    return found + (list(rows.filter(pk__in=missing).order_by("pk")) if missing else [])
