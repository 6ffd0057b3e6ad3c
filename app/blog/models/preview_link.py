"""Links with which others read a post before it is published."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.blog.errors import Refused
from app.blog.status import Status

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.blog.models.post import Post


MOST = 50  # open links of one post


class TooManyPreviews(Refused):
    message = gettext_lazy("The post has 50 open preview links. Revoke one first.")


class PreviewLinks(models.Manager["PreviewLink"]):
    def issue(self, post: Post, by: User, lasts: timedelta) -> tuple[PreviewLink, str]:
        """Return a new link and its token, which cannot be read again. Raises TooManyPreviews."""
        if self.filter(post=post, expires_at__gt=timezone.now(), revoked_at=None).count() >= MOST:
            raise TooManyPreviews
        token = secrets.token_urlsafe(32)
        link = self.create(post=post, digest=_digest(token), created_by=by, expires_at=timezone.now() + lasts)
        return link, token

    def usable(self) -> models.QuerySet[PreviewLink]:
        """Return the links that open their post. Who withdraws a post ends the links that are older than its publication."""
        is_hidden = Q(post__status__in=[Status.WITHDRAWN, Status.MAILED], created_at__lt=F("post__published_at"))
        return self.filter(expires_at__gt=timezone.now(), revoked_at=None).exclude(is_hidden)

    def opened_by(self, token: str) -> PreviewLink | None:
        """Return the usable link whose token this is."""
        return self.usable().filter(digest=_digest(token)).first()


def _digest(token: str) -> str:
    # 256 random bits: a plain digest is enough.
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


class PreviewLink(models.Model):
    """One link. Only a digest of its token is kept."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="preview_links")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[PreviewLinks] = PreviewLinks()

    def __str__(self) -> str:
        return f"Preview of post {self.post_id}, until {self.expires_at:%Y-%m-%d}"

    def revoke(self) -> bool:
        """Close the link. Return whether it was open until now."""
        return bool(PreviewLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()))
