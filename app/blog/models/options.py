"""What is said about a post to search engines, networks and lists, beside its text."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.changes import change
from app.blog.errors import NotPublished
from app.blog.models.media import Media
from app.blog.models.post import Post
from app.blog.placement import locked, placement_of
from app.blog.signals import post_revised
from app.site.links import is_address
from app.site.models import Comments
from owed import clock


def validate_canonical(address: str) -> None:
    """Raise ValidationError for what is not an address of the web."""
    if not address.startswith(("https://", "http://")) or not is_address(address):
        raise ValidationError(_("Write a whole address, beginning with https://."))


class PostOptions(models.Model):
    """One row for a post of which something is said. Empty fields mean what the post says itself."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="options")
    canonical_url = models.CharField(
        gettext_lazy("Original address"),
        max_length=500,
        blank=True,
        default="",
        validators=[validate_canonical],
        help_text=gettext_lazy("Where it was published first, if that was elsewhere: search engines list that page."),
    )
    meta_title = models.CharField(
        gettext_lazy("Title for search engines"),
        max_length=200,
        blank=True,
        default="",
        help_text=gettext_lazy("Empty: the title."),
    )
    meta_description = models.CharField(
        gettext_lazy("Description for search engines"),
        max_length=300,
        blank=True,
        default="",
        help_text=gettext_lazy("Empty: the excerpt, or how the text begins."),
    )
    social_image = models.ForeignKey(
        Media,
        verbose_name=gettext_lazy("Picture for previews of links"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="previews",
        help_text=gettext_lazy("Empty: the cover, or a card with the title."),
    )
    is_indexed = models.BooleanField(gettext_lazy("Search engines may list it"), default=True)
    is_featured = models.BooleanField(
        gettext_lazy("Featured"), default=False, help_text=gettext_lazy("Listed first on the front page, the newest three.")
    )
    comments = models.CharField(
        gettext_lazy("Who may comment"),
        max_length=10,
        choices=Comments,
        blank=True,
        default="",
    )
    authors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=gettext_lazy("Other authors")
    )

    objects: ClassVar[models.Manager[PostOptions]] = models.Manager()

    def __str__(self) -> str:
        return f"options of post {self.post_id}"

    @classmethod
    def of(cls, post: Post) -> PostOptions:
        """Return what is said of the post, stored or not. No query where the post was loaded with it."""
        found: PostOptions | None = getattr(post, "options", None)
        return found or cls(post=post)

    @property
    def picture(self) -> Media | None:
        """Return the picture for previews, unless it was deleted from the library."""
        image = self.social_image
        return image if image is not None and image.deleted_at is None else None

    def other_authors(self) -> list[User]:
        """Return who wrote it too, by name. One query where there is a row."""
        if self._state.adding:
            return []
        return list(self.authors.filter(is_active=True).select_related("profile").order_by("username"))

    @staticmethod
    def redate(post: Post, at: datetime) -> None:
        """Say that a public post was published at another time, not in the future. Raises NotPublished, ValidationError."""
        if at > clock.now():
            raise ValidationError({"published_at": _("Choose a time in the past.")})
        with change() as changing:
            before = locked(post.pk)
            if before is None or not Post.objects.public().filter(pk=post.pk).update(published_at=at):
                raise NotPublished
            post.published_at = at
            changing.touch(*before.scopes())
            post_revised.send(sender=Post, post=post, before=before, after=before)

    def keep(self, *, authors: Any = None) -> None:
        """Store it, with these other authors, and let every page that shows the post follow. Raises ValidationError."""
        self.full_clean()
        with change() as changing:
            self.save()
            if authors is not None:
                self.authors.set(authors)
            if placement := placement_of(self.post_id):
                changing.touch(*placement.scopes())
