"""The forms of the publication's settings, one for each tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.errors import NotStored, Refused
from app.blog.models import Media
from app.site import languages, links
from app.site.current import NAME, change, set_by_operator
from app.site.models import SiteRedirect, SiteSettings

PICTURES = ("logo", "favicon")


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One page of settings."""

    name: str
    label: Promise | str
    fields: tuple[str, ...]


TABS = (
    Tab(name="", label=gettext_lazy("General"), fields=("name", "tagline", "description", "language", "time_zone")),
    Tab(name="look", label=gettext_lazy("Look"), fields=("theme", "accent", "fonts", "logo", "favicon", "custom_css")),
    Tab(name="navigation", label=gettext_lazy("Navigation"), fields=("navigation", "footer", "footer_text", "profiles")),
    Tab(name="comments", label=gettext_lazy("Comments"), fields=("comments", "comments_close_after")),
    Tab(name="search", label=gettext_lazy("Search engines and code"), fields=("is_indexed", "robots", "head_code")),
)
LINES = {
    "navigation": gettext_lazy("In the head of every page. Empty: Archive and Search."),
    "footer": gettext_lazy("At the foot of every page. Empty: the feeds, email and the archive."),
    "profiles": gettext_lazy("At the foot of every page, marked as yours (rel=me), as Mastodon asks for it."),
}
HOW = gettext_lazy("One on a line: a label, a bar, an address, such as “About | /about/”.")


class LinksField(forms.CharField):
    """A list of links, as lines."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **options: Any) -> None:
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return links.written(list(value)) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        return links.read(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or ""))


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields of one tab. What the operator has set is shown, and cannot be changed."""

    class Meta:
        model = SiteSettings
        fields = tuple(name for tab in TABS for name in tab.fields if name not in PICTURES)
        field_classes: ClassVar = dict.fromkeys(LINES, LinksField)
        widgets: ClassVar = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "custom_css": forms.Textarea(attrs={"rows": 10, "class": "code", "spellcheck": "false"}),
            "head_code": forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
            "robots": forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"}),
            "name": forms.TextInput(attrs={"placeholder": NAME}),
            "accent": forms.TextInput(attrs={"placeholder": "#2438b8", "autocomplete": "off"}),
            "time_zone": forms.TextInput(attrs={"list": "zones", "placeholder": "UTC", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, tab: Tab, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name in set(self.fields) - set(tab.fields):
            del self.fields[name]
        for name in (each for each in tab.fields if each in PICTURES):
            self._offer_picture(name)
        self.order_fields([each for name in tab.fields for each in (name, f"{name}_file", f"{name}_removed")])
        self._describe()
        for name, value in set_by_operator().items():
            if name in self.fields:
                self._fix(name, value, _("Set by the operator of the server."))

    def _describe(self) -> None:
        fields: dict[str, Any] = self.fields
        if "language" in fields:
            widget = forms.Select(choices=[("", _("As the server is set up")), *languages.choices()])
            fields["language"].widget = widget
        for name in set(LINES) & set(fields):
            fields[name].help_text = f"{LINES[name]} {HOW}"
        if "head_code" in fields:
            fields["head_code"].help_text = _(
                "<meta>, <link> and <script>. Scripts are added to the security policy of readers' pages, by host or digest; "
                "what it would block is refused."
            ).replace("<", "&lt;")
            if not self.user.can_add_code():
                self._fix("head_code", self.instance.head_code, _("Only a superuser may put code into pages."))

    def _offer_picture(self, name: str) -> None:
        model_field: Any = SiteSettings._meta.get_field(name)
        label, stored = str(model_field.verbose_name), getattr(self.instance, name)
        self.fields[f"{name}_file"] = forms.FileField(
            label=label, required=False, help_text=_("JPEG, PNG, GIF, WebP or HEIC. It is kept in the library.")
        )
        if stored:
            self.fields[f"{name}_removed"] = forms.BooleanField(
                label=_("Remove: %(what)s") % {"what": label.lower()}, required=False
            )

    def _fix(self, name: str, value: Any, why: str) -> None:
        field = self.fields[name]
        field.disabled, field.help_text, self.initial[name] = True, why, value

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in PICTURES:
            if given.get(f"{name}_file"):
                given[name] = self._kept(name, given[f"{name}_file"])
            elif given.get(f"{name}_removed"):
                given[name] = ""
        return given

    def _kept(self, name: str, file: File[bytes]) -> str:
        """Return the picture's file in the library; note on the form why there is none."""
        try:
            return str(Media.objects.store(file, self.user, alt=self.instance.name).file.name)
        except (Refused, NotStored, ValidationError) as error:
            self.add_error(f"{name}_file", error.messages if isinstance(error, ValidationError) else str(error))
            return ""

    def keep(self) -> set[str]:
        """Store what was changed; return the names of the fields. Raises SetByOperator."""
        own = {each.name for each in SiteSettings._meta.fields}
        fixed = {name for name, field in self.fields.items() if field.disabled}
        return change(**{name: value for name, value in self.cleaned_data.items() if name in own - fixed})


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SiteRedirect
        fields = ("path", "target", "is_permanent")
        widgets: ClassVar = {
            "path": forms.TextInput(attrs={"placeholder": "/old-page"}),
            "target": forms.TextInput(attrs={"placeholder": "/posts/new-page/"}),
        }


class RedirectFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("One redirect on a line: old address, new address, and 301 or 302 if you like."),
    )


def zones() -> list[str]:
    """Return the names of time zones, for the list that the browser offers."""
    return sorted(available_timezones())
