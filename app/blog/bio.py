"""What a profile says of its owner, as HTML: made when it is saved, not each time that someone looks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import pre_save
from django.utils.safestring import SafeString, mark_safe

from app.accounts.models import Profile
from app.blog.markdown import render


def connect() -> None:
    """Render with each save that writes the bio."""
    pre_save.connect(_render, sender=Profile, dispatch_uid="blog.bio")


def bio_of(profile: Profile) -> SafeString:
    """Return the bio as sanitised HTML. One that an earlier release saved is rendered once, and kept."""
    if profile.bio and not profile.bio_html:
        profile.bio_html = _html(profile.bio)
        Profile.objects.filter(pk=profile.pk, bio=profile.bio).update(bio_html=profile.bio_html)
    return mark_safe(profile.bio_html)  # noqa: S308 - sanitised


def _render(instance: Profile, update_fields: Collection[str] | None, raw: bool, **_: Any) -> None:
    if not raw and (update_fields is None or "bio" in update_fields):
        instance.bio_html = _html(instance.bio)


def _html(source: str) -> str:
    """Return the HTML, a line break where there is nothing to show: it was rendered all the same."""
    return (render(source) or "\n") if source else ""
