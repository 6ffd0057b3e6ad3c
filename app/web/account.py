"""One's own account: what it shows, what it holds, and its end."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.models import Profile, User
from app.blog.models import Comment, Like, Post
from app.blog.text import clean, one_line
from app.newsletter.models import Subscriber
from app.notices.models import AddressChange
from app.stats import activity

BIO_LIMIT = 5_000


class WebAddress(forms.URLField):
    """A page's address, no ftp."""

    default_validators: list[Any] = [URLValidator(schemes=["http", "https"])]  # noqa: RUF012 - as in Django


class ProfileForm(forms.Form):
    display_name = forms.CharField(label="Name shown", max_length=100, required=False)
    bio = forms.CharField(
        label="About you", max_length=BIO_LIMIT, required=False, help_text="Markdown.", widget=forms.Textarea(attrs={"rows": 5})
    )
    website = WebAddress(max_length=200, required=False, assume_scheme="https")
    notify_comments = forms.BooleanField(label="Mail me comments on my posts and answers to me", required=False)
    notify_likes = forms.BooleanField(label="Mail me likes of my posts", required=False)

    def clean_display_name(self) -> str:
        return one_line(self.cleaned_data["display_name"])

    def clean_bio(self) -> str:
        return clean(self.cleaned_data["bio"])

    def save(self, profile: Profile) -> None:
        """Write what was changed. Lists and pages that show it are built anew."""
        for name, value in self.cleaned_data.items():
            setattr(profile, name, value)
        profile.save(update_fields=list(self.cleaned_data))


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show what one can change; POST changes it."""
    profile = cast("User", request.user).profile
    shown = {name: getattr(profile, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        form.save(profile)
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "web/account.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Give out all that is kept about the person."""
    user = cast("User", request.user)
    name = f"{user.username}-{timezone.now():%Y-%m-%d}.json"
    return JsonResponse(
        everything(user), headers={"Content-Disposition": f'attachment; filename="{name}"'}, json_dumps_params={"indent": 1}
    )


def everything(user: User) -> dict[str, Any]:
    """Return addresses, profile, posts, comments, likes, activity and subscriptions, each in one query."""
    person = ("username", "email", "email_confirmed_at", "role", "date_joined", "last_login")
    profile = tuple(ProfileForm.base_fields)
    written = ("title", "slug", "status", "content", "excerpt", "created_at", "published_at")
    moved = ("old_email", "new_email", "asked_at", "closed_at")
    agreed = ("email", "state", "source", "consented_at", "consent_text", "confirmed_at", "unsubscribed_at")
    return {
        "account": {name: getattr(user, name) for name in person},
        "addresses": list(AddressChange.objects.filter(user=user).order_by("pk").values(*moved)),
        "profile": {name: getattr(user.profile, name) for name in profile},
        "posts": list(Post.objects.filter(author=user).order_by("pk").values(*written)),
        "comments": list(_comments(user)),
        "likes": list(Like.objects.filter(user=user).order_by("pk").values("post__title", "post__slug", "created_at")),
        "activity": activity.export(user.pk),
        "subscriptions": list(Subscriber.objects.filter(user=user).order_by("pk").values(*agreed)),
    }


def _comments(user: User) -> Any:
    said = ("post__title", "post__slug", "content", "status", "created_at")
    return Comment.objects.filter(author=user).order_by("pk").values(*said)


@require_POST
@never_cache
@login_required
def deletion(request: HttpRequest) -> HttpResponse:
    """Close the account and owe its erasure, where its name was typed as a confirmation."""
    user = cast("User", request.user)
    if request.POST.get("username") != user.username:
        messages.error(request, "Nothing was deleted: the name typed is not that of this account.")
        return redirect("account")
    user.leave()
    logout(request)
    messages.success(request, "Your account is closed; everything in it is being deleted.")
    return redirect("home")
