"""What a user shows of themselves, and how many posts they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from app.site import limits

if TYPE_CHECKING:
    from app.accounts.models.user import User


COUNTS = frozenset({"post_count", "published_post_count"})


class Profile(models.Model):
    """The public side of a user. The counts are moved by UPDATE only; no form writes them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    display_name = models.CharField(max_length=limits.NAME, blank=True, validators=[limits.validate_visible])
    bio = models.TextField(max_length=limits.BIO, blank=True, help_text="Markdown.")
    # Made by `app.blog.bio` when the bio is saved; empty where a release without this column saved it.
    bio_html = models.TextField(blank=True, default="", db_default="", editable=False)
    website = models.URLField(blank=True)
    avatar = models.ImageField(upload_to="avatars/", blank=True)
    post_count = models.PositiveIntegerField(default=0, editable=False)
    published_post_count = models.PositiveIntegerField(default=0, editable=False)
    notify_comments = models.BooleanField(default=True)
    notify_likes = models.BooleanField(default=True)
    notify_reviews = models.BooleanField(default=True, db_default=True)
    notify_troubles = models.BooleanField(default=True, db_default=True)
    time_zone = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    """The zone in which this writer last planned a post, such as Europe/Berlin; empty: the site's."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(post_count__gte=0, published_post_count__gte=0),
                name="profile_counts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, **options: Any) -> None:
        """Insert, or write everything but the counts. A deleted profile does not come back: DatabaseError."""
        if not self._state.adding and options.get("update_fields") is None:
            options["update_fields"] = {field.name for field in self._meta.concrete_fields} - {"id", *COUNTS}
        if "bio" in (options.get("update_fields") or ()):
            options["update_fields"] = {*options["update_fields"], "bio_html"}
        super().save(**options)

    @property
    def name(self) -> str:
        return self.display_name or self.user.username


def create_user_profile(user: User | int) -> Profile:
    """Return the user's profile, creating it if it is missing. Safe to do twice."""
    user_id = user if isinstance(user, int) else user.pk
    profile, _ = Profile.objects.get_or_create(user_id=user_id)
    return profile


def create_user_profiles(users: Iterable[User]) -> None:
    """Make the missing profiles of many users in one statement. Safe to do twice."""
    Profile.objects.bulk_create([Profile(user=user) for user in users], ignore_conflicts=True)
