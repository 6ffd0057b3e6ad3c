"""One's own account: the profile, what is mailed, and closing it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.models import LastAdministrator, Profile, User
from app.blog.text import clean, one_line
from app.openid.provider import provider_name
from app.site import languages, limits
from app.site.pages import HOME
from app.site.speaking import speaking


class WebAddress(forms.URLField):
    """A page's address, no ftp."""

    default_validators: list[Any] = [URLValidator(schemes=["http", "https"])]  # noqa: RUF012 - as in Django


class LanguageForm(forms.Form):
    """The language of what one sees oneself. What readers see has the publication's."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        help_text=gettext_lazy("Of the studio, this page and emails to you. Readers see the publication's language."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["language"]
        choice.choices = [("", _("As the publication")), *languages.translated()]


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=gettext_lazy("Display name"), max_length=limits.NAME, required=False, validators=[limits.validate_visible]
    )
    bio = forms.CharField(
        label=gettext_lazy("About you"),
        max_length=limits.BIO,
        required=False,
        help_text=gettext_lazy("Markdown."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    website = WebAddress(label=gettext_lazy("Website"), max_length=200, required=False, assume_scheme="https")
    notify_comments = forms.BooleanField(
        label=gettext_lazy("Email me about comments on my posts and replies to my comments"), required=False
    )
    notify_likes = forms.BooleanField(label=gettext_lazy("Email me about likes of my posts"), required=False)
    notify_reviews = forms.BooleanField(
        label=gettext_lazy("Email me about posts that wait for my review, and about notes and assignments"), required=False
    )
    notify_troubles = forms.BooleanField(label=gettext_lazy("Email me when effects fail for good or are late"), required=False)

    def __init__(self, *args: Any, operates: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not operates:
            del self.fields["notify_troubles"]

    def clean_display_name(self) -> str:
        return one_line(self.cleaned_data["display_name"])

    def clean_bio(self) -> str:
        return clean(self.cleaned_data["bio"])

    def save(self, profile: Profile) -> None:
        """Write what was changed. Lists and pages that show it are rebuilt."""
        for name, value in self.cleaned_data.items():
            setattr(profile, name, value)
        profile.save(update_fields=list(self.cleaned_data))


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Show what one can change; POST changes it."""
    user = cast("User", request.user)
    shown = {name: getattr(user.profile, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=shown, operates=user.is_operator)
    if request.method == "POST" and form.is_valid():
        form.save(user.profile)
        messages.success(request, _("Saved."))
        return redirect("account")
    about = {
        "form": form,
        "language_form": LanguageForm(initial={"language": user.language}),
        "provider_name": provider_name(),
    }
    return render(request, "members/settings.html", about, status=422 if form.errors else 200)


@require_POST
@never_cache
@login_required
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the studio, of one's account and of emails to oneself."""
    user, form = cast("User", request.user), LanguageForm(request.POST)
    if form.is_valid():
        user.speak(form.cleaned_data["language"])
        with speaking(user.language):
            messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one of the languages in the list."))
    return redirect("account")


@require_POST
@never_cache
@login_required
def deletion(request: HttpRequest) -> HttpResponse:
    """Close the account and owe its erasure, where its name was typed as a confirmation."""
    user = cast("User", request.user)
    if request.POST.get("username") != user.username:
        messages.error(request, _("Nothing was deleted: the name you typed is not your username."))
        return redirect("account")
    try:
        user.leave()
    except LastAdministrator:
        messages.error(request, _("Nothing was deleted: no other administrator is left. Make someone else one first."))
        return redirect("account")
    logout(request)
    messages.success(request, _("Your account is closed, and its contents are being deleted."))
    return redirect(HOME.url())
