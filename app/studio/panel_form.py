"""What the publish panel asks: where, to whom, in which words, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter import audience
from app.newsletter.audience import Audience
from app.newsletter.choices import Wish, by_default
from app.newsletter.errors import UnknownAudience
from app.newsletter.models import MailingSettings, Segment
from app.newsletter.models.choice import PREVIEW, Where
from app.newsletter.subscriber_list import tags
from app.site import limits
from app.social.models import Account, ShareChoice
from app.social.models.choice import WORDING
from app.social.networks import NETWORKS
from app.studio.forms import PlainText
from owed import clock

NOW, LATER = "now", "later"
ZONES = sorted(available_timezones())


def audiences(*, never: bool = False) -> list[tuple[Any, Any]]:
    """Return the choices of whom a mailing goes to, by kind; `never` adds those who never got the post."""
    rest = [(audience.NEVER, _("Those who never got it"))] if never else []
    named = [(f"tag:{name}", f"#{name}") for name, number in tags()]
    saved = [(f"segment:{each.pk}", each.name) for each in Segment.objects.order_by("name")]
    groups = [(_("With a tag"), named), (_("Saved segments"), saved)]
    return [("", _("Every subscriber")), *rest, *(group for group in groups if group[1])]


class AudienceField(forms.ChoiceField):
    """A choice of whom a mailing goes to. Cleaned, it is the Audience."""

    post_id: int | None = None

    def clean(self, value: Any) -> Audience:
        try:
            return audience.read(super().clean(value), post_id=self.post_id)
        except UnknownAudience as error:
            raise ValidationError(str(error)) from None


class MailForm(forms.Form):
    """To whom a post is mailed, and under which subject."""

    audience = AudienceField(label=gettext_lazy("Audience"), required=False)
    subject = PlainText(
        label=gettext_lazy("Subject"), required=False, max_length=limits.TITLE, help_text=gettext_lazy("Empty: the title.")
    )
    preview = PlainText(
        label=gettext_lazy("Preview text"),
        required=False,
        max_length=PREVIEW,
        help_text=gettext_lazy("Inboxes show it beside the subject. Empty: the excerpt or the beginning of the text."),
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post = post
        field: Any = self.fields["audience"]
        field.choices = audiences(never=post.sends.exists())
        field.post_id = post.pk
        self.fields["subject"].widget.attrs["placeholder"] = post.title

    def mail(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("audience", "subject", "preview")}


class PanelForm(MailForm):
    """Everything that is decided when a post is published."""

    where = forms.ChoiceField(label=gettext_lazy("Publish"), choices=Where.choices, widget=forms.RadioSelect)
    when = forms.ChoiceField(
        label=gettext_lazy("Publish"),
        choices=[(NOW, gettext_lazy("Now")), (LATER, gettext_lazy("At a time"))],
        widget=forms.RadioSelect,
    )
    publish_at = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[("", gettext_lazy("UTC, until you choose")), *((name, name.replace("_", " ")) for name in ZONES)],
        required=False,
    )

    def __init__(self, *args: Any, post: Post, user: User, mailed: bool, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(post, user)
        super().__init__(*args, post=post, **kwargs)
        if mailed:
            # By email alone it is out already: what is left to decide is whether an interrupted mailing goes on.
            self.fields["where"].choices = [each for each in Where.choices if each[0] != Where.EMAIL]  # type: ignore[attr-defined]
        self.accounts = list(Account.objects.sharing(post))
        chosen = ShareChoice.objects.filter(post=post).first()
        for account in self.accounts:
            self._ask_for(account, chosen)

    def _ask_for(self, account: Account, chosen: ShareChoice | None) -> None:
        is_wanted = chosen is None or account.pk in chosen.accounts
        self.fields[f"share-{account.pk}"] = forms.BooleanField(label=str(account), required=False, initial=is_wanted)
        network = NETWORKS.get(account.network)
        if network is None or network.has_text:
            said = chosen.wording.get(str(account.pk), "") if chosen else ""
            self.fields[f"wording-{account.pk}"] = PlainText(
                label=_("What it says there"),
                required=False,
                max_length=WORDING,
                initial=said,
                widget=forms.Textarea(attrs={"rows": 2, "placeholder": self.post.title}),
                help_text=_("Empty: title and excerpt. The link is added."),
            )

    def networks(self) -> list[tuple[Any, Any]]:
        """Return the two fields of each account; the second is None where there is nothing to word."""
        names = ((f"share-{each.pk}", f"wording-{each.pk}") for each in self.accounts)
        return [(self[share], self[wording] if wording in self.fields else None) for share, wording in names]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("when") == LATER and "publish_at" not in self.errors:
            self._place_time()
        return self.cleaned_data

    def _place_time(self) -> None:
        typed: datetime | None = self.cleaned_data["publish_at"]
        if typed is None:
            self.add_error("publish_at", _("Enter a date and a time."))
            return
        at = typed.replace(tzinfo=ZoneInfo(self.cleaned_data.get("time_zone") or "UTC"))
        if at <= clock.now():
            self.add_error("publish_at", _("That time is past. Choose a later one, or publish now."))
        self.cleaned_data["publish_at"] = at

    def wish(self) -> Wish:
        return Wish(where=self.cleaned_data["where"], **self.mail())

    def shares(self) -> dict[int, str]:
        """Return the accounts that were ticked, each with its text."""
        wanted = (each.pk for each in self.accounts if self.cleaned_data[f"share-{each.pk}"])
        return {pk: self.cleaned_data.get(f"wording-{pk}", "") for pk in wanted}

    @property
    def at(self) -> datetime | None:
        """Return the time of publication; None is now."""
        return self.cleaned_data["publish_at"] if self.cleaned_data["when"] == LATER else None


def _initial(post: Post, user: User) -> dict[str, Any]:
    """Return what was decided about a planned post, otherwise what the publication does."""
    zone = user.profile.time_zone
    at = post.publish_at.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None) if post.publish_at else None
    facts = {"time_zone": zone, "publish_at": at, "when": LATER if at else NOW}
    return {**facts, **_planned(post)} if post.publish_at else {**facts, **_defaults()}


def _defaults() -> dict[str, Any]:
    return {"where": by_default().where, "audience": MailingSettings.now().audience}


def _planned(post: Post) -> dict[str, Any]:
    choice = getattr(post, "mailing_choice", None)
    if choice is None:
        return _defaults()
    where = (Where.BOTH if choice.is_mailed else Where.SITE) if post.on_site else Where.EMAIL
    return {"where": where, "audience": choice.key, "subject": choice.subject, "preview": choice.preview}
