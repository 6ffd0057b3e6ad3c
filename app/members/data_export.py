"""Data export: everything that is stored about a person, as one JSON file (GDPR, article 20)."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.models import User
from app.blog.models import Comment, Like, Post, Revision, WorkingCopy
from app.members.models import EmailChange
from app.members.settings_pages import ProfileForm
from app.newsletter.models import Subscriber
from app.openid.models import Identity
from app.second_factor.models import Authenticator, Passkey
from app.stats import activity


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
    person = ("username", "email", "email_confirmed_at", "role", "language", "date_joined", "last_login")
    profile = tuple(ProfileForm.base_fields)
    written = ("title", "slug", "status", "content", "excerpt", "language", "created_at", "published_at")
    moved = ("old_email", "new_email", "asked_at", "closed_at")
    chosen = ("frequency", "time_zone")
    agreed = ("email", "state", "source", "consented_at", "consent_text", "confirmed_at", "unsubscribed_at", *chosen)
    known = ("issuer", "subject", "created_at", "last_used_at")
    return {
        "account": {name: getattr(user, name) for name in person},
        "addresses": list(EmailChange.objects.filter(user=user).order_by("pk").values(*moved)),
        "profile": {name: getattr(user.profile, name) for name in profile},
        "posts": list(Post.objects.filter(author=user).order_by("pk").values(*written)),
        "revisions": list(_revisions(user)),
        "unsaved": list(WorkingCopy.objects.filter(writer=user).order_by("pk").values("post__title", "fields", "saved_at")),
        "comments": list(_comments(user)),
        "likes": list(Like.objects.filter(user=user).order_by("pk").values("post__title", "post__slug", "created_at")),
        "second_factor": _second_factor(user),
        "identities": list(Identity.objects.filter(user=user).order_by("pk").values(*known)),
        "activity": activity.export(user.pk),
        "subscriptions": list(Subscriber.objects.filter(user=user).order_by("pk").values(*agreed)),
    }


def _second_factor(user: User) -> dict[str, Any]:
    used = ("created_at", "last_used_at")
    return {
        "app": list(Authenticator.objects.filter(user=user).values(*used)),
        "passkeys": list(Passkey.objects.filter(user=user).order_by("pk").values("name", *used)),
    }


def _comments(user: User) -> Any:
    said = ("post__title", "post__slug", "content", "status", "created_at")
    return Comment.objects.filter(author=user).order_by("pk").values(*said)


def _revisions(user: User) -> Any:
    saved = ("post__title", "post__slug", "number", "title", "excerpt", "content", "saved_at")
    return Revision.objects.filter(saved_by=user).order_by("pk").values(*saved)
